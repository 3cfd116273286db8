// Positions are limited to the operand before they are read; windows that were outside hold the fill value.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<5x3xf32>, %[[A1:.+]]: tensor<4x1xi32>) -> tensor<4x3xf32>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel", "parallel"]} outs(%[[V0]] : tensor<4x3xf32>) {
// CHECK-NEXT:    ^bb0(%[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V2:.+]] = linalg.index 0
// CHECK-NEXT:    %[[C0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[A1]][%[[V2]], %[[C0]]]
// CHECK-NEXT:    %[[C4_I32:.+]] = arith.constant 4
// CHECK-NEXT:    %[[C0_I32:.+]] = arith.constant 0
// CHECK-NEXT:    %[[V3:.+]] = arith.minsi %[[EXTRACTED]], %[[C4_I32]]
// CHECK-NEXT:    %[[V4:.+]] = arith.maxsi %[[V3]], %[[C0_I32]]
// CHECK-NEXT:    %[[V5:.+]] = arith.index_cast %[[V4]]
// CHECK-NEXT:    %[[V6:.+]] = arith.cmpi eq, %[[V4]], %[[EXTRACTED]]
// CHECK-NEXT:    %[[V7:.+]] = linalg.index 1
// CHECK-NEXT:    %[[C0_0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[EXTRACTED_1:.+]] = tensor.extract %[[A0]][%[[V5]], %[[V7]]]
// CHECK-NEXT:    %[[CST:.+]] = arith.constant 0.000000e+00
// CHECK-NEXT:    %[[V8:.+]] = arith.select %[[V6]], %[[EXTRACTED_1]], %[[CST]]
// CHECK-NEXT:    linalg.yield %[[V8]]
// CHECK-NEXT:    } -> tensor<4x3xf32>
// CHECK-NEXT:    return %[[V1]]

func.func @main(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>) -> tensor<4x3xf32> {
  %a = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 1, 3>, mode = "fill", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return %a : tensor<4x3xf32>
}
