// From either side. x * 0 stays: it is NaN for infinite x.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.constant"() {value = dense<1.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.constant"() {value = dense<0.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.mul"(%[[A0]], %[[V1]])
// CHECK-NEXT:    return %[[A0]], %[[A0]], %[[V2]]

func.func @f(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %one = "axir.constant"() {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
  %zero = "axir.constant"() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %a = "axir.mul"(%x, %one) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %b = "axir.mul"(%one, %x) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %c = "axir.mul"(%x, %zero) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %a, %b, %c : tensor<f32>, tensor<f32>, tensor<f32>
}
