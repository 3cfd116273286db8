// A function that was traced for jit stays a call, for programs that are evaluated: it runs compiled.
// RUN: axir opt %s --passes 'inline{keep-jit=true}' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>) -> tensor<f32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.neg"(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = call @jitted(%[[V0]])
// CHECK-NEXT:    return %[[V1]]

func.func private @plain(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.neg"(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func private @jitted(%x: tensor<f32>) -> tensor<f32> attributes {axir.jit} {
  %y = "axir.exp"(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %a = call @plain(%x) : (tensor<f32>) -> tensor<f32>
  %b = call @jitted(%a) : (tensor<f32>) -> tensor<f32>
  return %b : tensor<f32>
}
