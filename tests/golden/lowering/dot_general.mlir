// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<2x3x4xf32>, %[[A1:.+]]: tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
// CHECK-NEXT:    %[[CST:.+]] = arith.constant 0.000000e+00
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.fill ins(%[[CST]] : f32) outs(%[[V0]]
// CHECK-NEXT:    %[[V2:.+]] = linalg.generic {indexing_maps = [#map, #map1, #map2], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[A0]], %[[A1]] : tensor<2x3x4xf32>, tensor<2x4x5xf32>) outs(%[[V1]] : tensor<2x3x5xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_0:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V3:.+]] = arith.mulf %[[IN]], %[[IN_0]]
// CHECK-NEXT:    %[[V4:.+]] = arith.addf %[[OUT]], %[[V3]]
// CHECK-NEXT:    linalg.yield %[[V4]]
// CHECK-NEXT:    } -> tensor<2x3x5xf32>
// CHECK-NEXT:    return %[[V2]]

func.func @main(%x: tensor<2x3x4xf32>, %y: tensor<2x4x5xf32>) -> tensor<2x3x5xf32> {
  %a = "axir.dot_general"(%x, %y) {lhs_contract = array<i64: 2>, rhs_contract = array<i64: 1>, lhs_batch = array<i64: 0>, rhs_batch = array<i64: 0>, dtype = f32} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  return %a : tensor<2x3x5xf32>
}
