// A callee is transposed once and called for both uses.
// RUN: axir opt %s --passes 'transpose{func=f}' | filecheck %s

// CHECK-LABEL: func.func public @f_transpose(
// CHECK-SAME:    %[[A0:.+]]: tensor<3x2xf32>, %[[A1:.+]]: tensor<3x2xf32>) -> tensor<2x3xf32>
// CHECK-NEXT:    %[[V0:.+]] = call @g_transpose(%[[A1]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.neg"(%[[V0]])
// CHECK-NEXT:    %[[V2:.+]] = call @g_transpose(%[[A0]])
// CHECK-NEXT:    %[[V3:.+]] = "axir.add"(%[[V1]], %[[V2]])
// CHECK-NEXT:    return %[[V3]]

// CHECK-LABEL: func.func private @g_transpose(
// CHECK-SAME:    %[[A0:.+]]: tensor<3x2xf32>) -> tensor<2x3xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.transpose"(%[[A0]]) {permutation = array<i64: 1, 0>}
// CHECK-NEXT:    return %[[V0]]

func.func private @g(%t: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %y = "axir.transpose"(%t) {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
func.func @f(%t: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %a = call @g(%t) : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %n = "axir.neg"(%t) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %b = call @g(%n) : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %a, %b : tensor<3x2xf32>, tensor<3x2xf32>
}
