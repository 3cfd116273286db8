// A constant predicate, and equal branches.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<i1>, %[[A1:.+]]: tensor<f32>, %[[A2:.+]]: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.constant"() {value = dense<true> : tensor<i1>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.constant"() {value = dense<false> : tensor<i1>}
// CHECK-NEXT:    return %[[A1]], %[[A2]], %[[A1]]

func.func @f(%p: tensor<i1>, %x: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %true = "axir.constant"() {value = dense<true> : tensor<i1>} : () -> tensor<i1>
  %false = "axir.constant"() {value = dense<false> : tensor<i1>} : () -> tensor<i1>
  %a = "axir.select"(%true, %x, %y) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
  %b = "axir.select"(%false, %x, %y) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
  %c = "axir.select"(%p, %x, %x) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
  return %a, %b, %c : tensor<f32>, tensor<f32>, tensor<f32>
}
