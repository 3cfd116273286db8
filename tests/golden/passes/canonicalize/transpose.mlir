// Transpositions in a row are one: axis i of the result is axis inner[outer[i]] of x. Inverse ones cancel.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<2x3x4xf32>) -> (tensor<3x2x4xf32>, tensor<2x3x4xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.transpose"(%[[A0]]) {permutation = array<i64: 2, 0, 1>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.transpose"(%[[A0]]) {permutation = array<i64: 1, 0, 2>}
// CHECK-NEXT:    return %[[V1]], %[[A0]]

func.func @f(%x: tensor<2x3x4xf32>) -> (tensor<3x2x4xf32>, tensor<2x3x4xf32>) {
  %a = "axir.transpose"(%x) {permutation = array<i64: 2, 0, 1>} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  %b = "axir.transpose"(%a) {permutation = array<i64: 2, 1, 0>} : (tensor<4x2x3xf32>) -> tensor<3x2x4xf32>
  %c = "axir.transpose"(%a) {permutation = array<i64: 1, 2, 0>} : (tensor<4x2x3xf32>) -> tensor<2x3x4xf32>
  return %b, %c : tensor<3x2x4xf32>, tensor<2x3x4xf32>
}
