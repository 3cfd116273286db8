// Ops on values that are the same for all items stay as they are; they are broadcast where they meet a batch.
// RUN: axir opt %s --passes 'vmap{func=f,size=8,in-axes=0:-1}' | filecheck %s

// CHECK-LABEL: func.func public @f_vmap(
// CHECK-SAME:    %[[A0:.+]]: tensor<8x4xf32>, %[[A1:.+]]: tensor<4xf32>) -> (tensor<4xf32>, tensor<8x4xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.exp"(%[[A1]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.broadcast_in_dim"(%[[V0]]) {dimensions = array<i64: 1>, shape = array<i64: 8, 4>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.add"(%[[A0]], %[[V1]])
// CHECK-NEXT:    return %[[V0]], %[[V2]]

func.func @f(%x: tensor<4xf32>, %c: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = "axir.exp"(%c) : (tensor<4xf32>) -> tensor<4xf32>
  %y = "axir.add"(%x, %e) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %e, %y : tensor<4xf32>, tensor<4xf32>
}
