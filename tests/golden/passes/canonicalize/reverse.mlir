// Axes with at most one element need no reversing.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<1x3xf32>) -> (tensor<1x3xf32>, tensor<1x3xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.reverse"(%[[A0]]) {dimensions = array<i64: 1>}
// CHECK-NEXT:    return %[[V0]], %[[A0]]

func.func @f(%x: tensor<1x3xf32>) -> (tensor<1x3xf32>, tensor<1x3xf32>) {
  %a = "axir.reverse"(%x) {dimensions = array<i64: 0, 1>} : (tensor<1x3xf32>) -> tensor<1x3xf32>
  %b = "axir.reverse"(%x) {dimensions = array<i64: 0>} : (tensor<1x3xf32>) -> tensor<1x3xf32>
  return %a, %b : tensor<1x3xf32>, tensor<1x3xf32>
}
