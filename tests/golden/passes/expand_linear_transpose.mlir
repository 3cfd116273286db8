// The transpose of a linear function takes its other arguments, then the cotangents of its results.
// RUN: axir opt %s --passes 'expand-transforms' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>, %[[A1:.+]]: tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT:    %[[V0:.+]] = call @scale_transpose(%[[A0]], %[[A1]])
// CHECK-NEXT:    return %[[V0]]

// CHECK-LABEL: func.func private @scale_transpose(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>, %[[A1:.+]]: tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.mul"(%[[A0]], %[[A1]])
// CHECK-NEXT:    return %[[V0]]

func.func private @scale(%c: tensor<2xf32>, %t: tensor<2xf32>) -> tensor<2xf32> {
  %y = "axir.mul"(%c, %t) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
func.func @f(%c: tensor<2xf32>, %ct: tensor<2xf32>) -> tensor<2xf32> {
  %y = "axir.linear_transpose"(%c, %ct) {callee = @scale, wrt = array<i64: 1>} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
