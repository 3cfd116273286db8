// neg(neg(x)) and not(not(x)) are x.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>, %[[A1:.+]]: tensor<i32>) -> (tensor<f32>, tensor<i32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.neg"(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.not"(%[[A1]])
// CHECK-NEXT:    return %[[A0]], %[[A1]]

func.func @f(%x: tensor<f32>, %n: tensor<i32>) -> (tensor<f32>, tensor<i32>) {
  %a = "axir.neg"(%x) : (tensor<f32>) -> tensor<f32>
  %b = "axir.neg"(%a) : (tensor<f32>) -> tensor<f32>
  %c = "axir.not"(%n) : (tensor<i32>) -> tensor<i32>
  %d = "axir.not"(%c) : (tensor<i32>) -> tensor<i32>
  return %b, %d : tensor<f32>, tensor<i32>
}
