// Ops whose results are unused go, with what only they use; so do calls.
// RUN: axir opt %s --passes 'dce' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>) -> tensor<f32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.neg"(%[[A0]])
// CHECK-NEXT:    return %[[V0]]

func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %a = "axir.exp"(%x) : (tensor<f32>) -> tensor<f32>
  %b = "axir.log"(%a) : (tensor<f32>) -> tensor<f32>
  %c = call @g(%b) : (tensor<f32>) -> tensor<f32>
  %d = "axir.neg"(%x) : (tensor<f32>) -> tensor<f32>
  return %d : tensor<f32>
}
