// A pad of nothing is none. One that cuts off what another axis adds stays.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<2x3xf32>, %[[A1:.+]]: tensor<f32>) -> (tensor<2x3xf32>, tensor<1x4xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.pad"(%[[A0]], %[[A1]]) {high = array<i64: 0, 0>, interior = array<i64: 0, 0>, low = array<i64: -1, 1>}
// CHECK-NEXT:    return %[[A0]], %[[V0]]

func.func @f(%x: tensor<2x3xf32>, %c: tensor<f32>) -> (tensor<2x3xf32>, tensor<1x4xf32>) {
  %a = "axir.pad"(%x, %c) {low = array<i64: 0, 0>, high = array<i64: 0, 0>, interior = array<i64: 0, 0>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  %b = "axir.pad"(%x, %c) {low = array<i64: -1, 1>, high = array<i64: 0, 0>, interior = array<i64: 0, 0>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<1x4xf32>
  return %a, %b : tensor<2x3xf32>, tensor<1x4xf32>
}
