// The product contracts the axes of the untransposed operands, unless that would reorder the result's axes.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<3x2xf32>, %[[A1:.+]]: tensor<5x3xf32>, %[[A2:.+]]: tensor<4x5x3xf32>) -> (tensor<2x5xf32>, tensor<2x5x4xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.transpose"(%[[A0]]) {permutation = array<i64: 1, 0>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.transpose"(%[[A1]]) {permutation = array<i64: 1, 0>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.dot_general"(%[[A0]], %[[A1]]) {dtype = f32, lhs_batch = array<i64>, lhs_contract = array<i64: 0>, rhs_batch = array<i64>, rhs_contract = array<i64: 1>}
// CHECK-NEXT:    %[[V3:.+]] = "axir.transpose"(%[[A2]]) {permutation = array<i64: 2, 1, 0>}
// CHECK-NEXT:    %[[V4:.+]] = "axir.dot_general"(%[[A0]], %[[V3]]) {dtype = f32, lhs_batch = array<i64>, lhs_contract = array<i64: 0>, rhs_batch = array<i64>, rhs_contract = array<i64: 0>}
// CHECK-NEXT:    return %[[V2]], %[[V4]]

func.func @f(%x: tensor<3x2xf32>, %y: tensor<5x3xf32>, %z: tensor<4x5x3xf32>) -> (tensor<2x5xf32>, tensor<2x5x4xf32>) {
  %a = "axir.transpose"(%x) {permutation = array<i64: 1, 0>} : (tensor<3x2xf32>) -> tensor<2x3xf32>
  %b = "axir.transpose"(%y) {permutation = array<i64: 1, 0>} : (tensor<5x3xf32>) -> tensor<3x5xf32>
  %c = "axir.dot_general"(%a, %b) {lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>, lhs_batch = array<i64>, rhs_batch = array<i64>, dtype = f32} : (tensor<2x3xf32>, tensor<3x5xf32>) -> tensor<2x5xf32>
  %d = "axir.transpose"(%z) {permutation = array<i64: 2, 1, 0>} : (tensor<4x5x3xf32>) -> tensor<3x5x4xf32>
  %e = "axir.dot_general"(%a, %d) {lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>, lhs_batch = array<i64>, rhs_batch = array<i64>, dtype = f32} : (tensor<2x3xf32>, tensor<3x5x4xf32>) -> tensor<2x5x4xf32>
  return %c, %e : tensor<2x5xf32>, tensor<2x5x4xf32>
}
