// Broadcasts in a row are one.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>) -> tensor<2x3x4xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.broadcast_in_dim"(%[[A0]]) {dimensions = array<i64: 1>, shape = array<i64: 2, 3>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.broadcast_in_dim"(%[[A0]]) {dimensions = array<i64: 1>, shape = array<i64: 2, 3, 4>}
// CHECK-NEXT:    return %[[V1]]

func.func @f(%x: tensor<3xf32>) -> tensor<2x3x4xf32> {
  %a = "axir.broadcast_in_dim"(%x) {dimensions = array<i64: 0>, shape = array<i64: 3>} : (tensor<3xf32>) -> tensor<3xf32>
  %b = "axir.broadcast_in_dim"(%a) {dimensions = array<i64: 1>, shape = array<i64: 2, 3>} : (tensor<3xf32>) -> tensor<2x3xf32>
  %c = "axir.broadcast_in_dim"(%b) {dimensions = array<i64: 0, 1>, shape = array<i64: 2, 3, 4>} : (tensor<2x3xf32>) -> tensor<2x3x4xf32>
  return %c : tensor<2x3x4xf32>
}
