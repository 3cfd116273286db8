// Positions are clamped before rows are read.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4x3xf32>, %[[A1:.+]]: tensor<2xi32>) -> tensor<2x3xf32>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "parallel"]} ins(%[[A1]] : tensor<2xi32>) outs(%[[V0]] : tensor<2x3xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: i32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V2:.+]] = arith.index_cast %[[IN]]
// CHECK-NEXT:    %[[C0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[V3:.+]] = arith.maxsi %[[V2]], %[[C0]]
// CHECK-NEXT:    %[[C3:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V4:.+]] = arith.minsi %[[V3]], %[[C3]]
// CHECK-NEXT:    %[[V5:.+]] = linalg.index 1
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[A0]][%[[V4]], %[[V5]]]
// CHECK-NEXT:    linalg.yield %[[EXTRACTED]]
// CHECK-NEXT:    } -> tensor<2x3xf32>
// CHECK-NEXT:    return %[[V1]]

func.func @main(%x: tensor<4x3xf32>, %p: tensor<2xi32>) -> tensor<2x3xf32> {
  %a = "axir.take_rows"(%x, %p) : (tensor<4x3xf32>, tensor<2xi32>) -> tensor<2x3xf32>
  return %a : tensor<2x3xf32>
}
