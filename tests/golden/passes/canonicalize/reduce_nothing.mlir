// A reduction over no axis gives its operand.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<2x3xf32>, %[[A1:.+]]: tensor<3xi1>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<3xi1>, tensor<2xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.reduce_prod"(%[[A0]]) {axes = array<i64: 1>}
// CHECK-NEXT:    return %[[A0]], %[[A0]], %[[A1]], %[[V0]]

func.func @f(%x: tensor<2x3xf32>, %p: tensor<3xi1>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<3xi1>, tensor<2xf32>) {
  %a = "axir.reduce_sum"(%x) {axes = array<i64>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %b = "axir.reduce_max"(%a) {axes = array<i64>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %c = "axir.reduce_or"(%p) {axes = array<i64>} : (tensor<3xi1>) -> tensor<3xi1>
  %d = "axir.reduce_prod"(%x) {axes = array<i64: 1>} : (tensor<2x3xf32>) -> tensor<2xf32>
  return %a, %b, %c, %d : tensor<2x3xf32>, tensor<2x3xf32>, tensor<3xi1>, tensor<2xf32>
}
