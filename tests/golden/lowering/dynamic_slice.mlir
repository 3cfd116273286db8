// The start is limited so that the window fits.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<8xf32>, %[[A1:.+]]: tensor<i32>) -> tensor<3xf32>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel"]} ins(%[[A1]] : tensor<i32>) outs(%[[V0]] : tensor<3xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: i32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V2:.+]] = arith.extsi %[[IN]]
// CHECK-NEXT:    %[[C5_I64:.+]] = arith.constant 5
// CHECK-NEXT:    %[[V3:.+]] = arith.minsi %[[V2]], %[[C5_I64]]
// CHECK-NEXT:    %[[C0_I64:.+]] = arith.constant 0
// CHECK-NEXT:    %[[V4:.+]] = arith.maxsi %[[V3]], %[[C0_I64]]
// CHECK-NEXT:    %[[V5:.+]] = arith.index_cast %[[V4]]
// CHECK-NEXT:    %[[V6:.+]] = linalg.index 0
// CHECK-NEXT:    %[[V7:.+]] = arith.addi %[[V5]], %[[V6]]
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[A0]][%[[V7]]]
// CHECK-NEXT:    linalg.yield %[[EXTRACTED]]
// CHECK-NEXT:    } -> tensor<3xf32>
// CHECK-NEXT:    return %[[V1]]

func.func @main(%x: tensor<8xf32>, %i: tensor<i32>) -> tensor<3xf32> {
  %a = "axir.dynamic_slice"(%x, %i) {sizes = array<i64: 3>} : (tensor<8xf32>, tensor<i32>) -> tensor<3xf32>
  return %a : tensor<3xf32>
}
