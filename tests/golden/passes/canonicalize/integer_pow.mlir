// x**1 and x**2.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.mul"(%[[A0]], %[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.integer_pow"(%[[A0]]) {exponent = 3 : i64}
// CHECK-NEXT:    return %[[A0]], %[[V0]], %[[V1]]

func.func @f(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %a = "axir.integer_pow"(%x) {exponent = 1 : i64} : (tensor<f32>) -> tensor<f32>
  %b = "axir.integer_pow"(%x) {exponent = 2 : i64} : (tensor<f32>) -> tensor<f32>
  %c = "axir.integer_pow"(%x) {exponent = 3 : i64} : (tensor<f32>) -> tensor<f32>
  return %a, %b, %c : tensor<f32>, tensor<f32>, tensor<f32>
}
