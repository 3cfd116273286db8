// Calls disappear, callees first. A private function with one call moves; one with several is copied.
// RUN: axir opt %s --passes 'inline' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>) -> (tensor<f32>, tensor<f32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.add"(%[[A0]], %[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.add"(%[[V0]], %[[V0]])
// CHECK-NEXT:    return %[[A0]], %[[V1]]

func.func private @twice(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.add"(%x, %x) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func private @both(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %a = call @twice(%x) : (tensor<f32>) -> tensor<f32>
  %b = call @twice(%a) : (tensor<f32>) -> tensor<f32>
  return %b, %x : tensor<f32>, tensor<f32>
}
func.func @f(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %r:2 = call @both(%x) : (tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %r#1, %r#0 : tensor<f32>, tensor<f32>
}
