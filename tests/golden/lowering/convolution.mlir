// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<2x8x8x3xf32>, %[[A1:.+]]: tensor<3x3x3x4xf32>) -> tensor<2x4x4x4xf32>
// CHECK-NEXT:    %[[CST:.+]] = arith.constant dense<0.000000e+00>
// CHECK-NEXT:    %[[PADDED:.+]] = tensor.pad %[[A0]] low[0, 1, 1, 0] high[0, 1, 1, 0] {
// CHECK-NEXT:    ^bb0(%[[A2:.+]]: index, %[[A3:.+]]: index, %[[A4:.+]]: index, %[[A5:.+]]: index):
// CHECK-NEXT:    %[[CST_1:.+]] = arith.constant 0.000000e+00
// CHECK-NEXT:    tensor.yield %[[CST_1]]
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[CST_0:.+]] = arith.constant 0.000000e+00
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.fill ins(%[[CST_0]] : f32) outs(%[[V0]]
// CHECK-NEXT:    %[[V2:.+]] = linalg.generic {indexing_maps = [#map, #map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%[[PADDED]], %[[A1]] : tensor<2x10x10x3xf32>, tensor<3x3x3x4xf32>) outs(%[[V1]] : tensor<2x4x4x4xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_1:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V3:.+]] = arith.mulf %[[IN]], %[[IN_1]]
// CHECK-NEXT:    %[[V4:.+]] = arith.addf %[[OUT]], %[[V3]]
// CHECK-NEXT:    linalg.yield %[[V4]]
// CHECK-NEXT:    } -> tensor<2x4x4x4xf32>
// CHECK-NEXT:    return %[[V2]]

func.func @main(%x: tensor<2x8x8x3xf32>, %y: tensor<3x3x3x4xf32>) -> tensor<2x4x4x4xf32> {
  %a = "axir.convolution"(%x, %y) {window_strides = array<i64: 2, 2>, padding_low = array<i64: 1, 1>, padding_high = array<i64: 1, 1>, lhs_dilation = array<i64: 1, 1>, rhs_dilation = array<i64: 1, 1>, lhs_axes = array<i64: 0, 3, 1, 2>, rhs_axes = array<i64: 3, 2, 0, 1>, out_axes = array<i64: 0, 3, 1, 2>, feature_group_count = 1 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x8x8x3xf32>, tensor<3x3x3x4xf32>) -> tensor<2x4x4x4xf32>
  return %a : tensor<2x4x4x4xf32>
}
