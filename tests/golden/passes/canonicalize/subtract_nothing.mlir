// x - 0.0 is x. x - (-0.0) is not: it turns -0.0 into 0.0. Nor is 0.0 - x.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.constant"() {value = dense<0.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.constant"() {value = dense<-0.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.sub"(%[[A0]], %[[V1]])
// CHECK-NEXT:    %[[V3:.+]] = "axir.sub"(%[[V0]], %[[A0]])
// CHECK-NEXT:    return %[[A0]], %[[V2]], %[[V3]]

func.func @f(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %z = "axir.constant"() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %m = "axir.constant"() {value = dense<-0.0> : tensor<f32>} : () -> tensor<f32>
  %a = "axir.sub"(%x, %z) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %b = "axir.sub"(%x, %m) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %c = "axir.sub"(%z, %x) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %a, %b, %c : tensor<f32>, tensor<f32>, tensor<f32>
}
