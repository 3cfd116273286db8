// Empty operands go; what remains of one operand is that operand.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>, %[[A1:.+]]: tensor<0xf32>) -> (tensor<2xf32>, tensor<4xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.concatenate"(%[[A0]], %[[A0]]) {dimension = 0 : i64}
// CHECK-NEXT:    return %[[A0]], %[[V0]]

func.func @f(%x: tensor<2xf32>, %e: tensor<0xf32>) -> (tensor<2xf32>, tensor<4xf32>) {
  %a = "axir.concatenate"(%e, %x) {dimension = 0 : i64} : (tensor<0xf32>, tensor<2xf32>) -> tensor<2xf32>
  %b = "axir.concatenate"(%x, %e, %x) {dimension = 0 : i64} : (tensor<2xf32>, tensor<0xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %a, %b : tensor<2xf32>, tensor<4xf32>
}
