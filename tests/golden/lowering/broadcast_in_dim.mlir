// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel"]} ins(%[[A0]] : tensor<3xf32>) outs(%[[V0]] : tensor<2x3xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    linalg.yield %[[IN]]
// CHECK-NEXT:    } -> tensor<2x3xf32>
// CHECK-NEXT:    return %[[V1]]

func.func @main(%x: tensor<3xf32>) -> tensor<2x3xf32> {
  %a = "axir.broadcast_in_dim"(%x) {shape = array<i64: 2, 3>, dimensions = array<i64: 1>} : (tensor<3xf32>) -> tensor<2x3xf32>
  return %a : tensor<2x3xf32>
}
