// A matrix times a batch of vectors is one product; elementwise ops keep the batch axis where it is.
// RUN: axir opt %s --passes 'vmap{func=f,size=8,in-axes=-1:0}' | filecheck %s

// CHECK-LABEL: func.func public @f_vmap(
// CHECK-SAME:    %[[A0:.+]]: tensor<3x4xf32>, %[[A1:.+]]: tensor<8x4xf32>) -> tensor<3x8xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.dot_general"(%[[A0]], %[[A1]]) {dtype = f32, lhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_batch = array<i64>, rhs_contract = array<i64: 1>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.tanh"(%[[V0]])
// CHECK-NEXT:    return %[[V1]]

func.func @f(%a: tensor<3x4xf32>, %x: tensor<4xf32>) -> tensor<3xf32> {
  %y = "axir.dot_general"(%a, %x) {lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>, lhs_batch = array<i64>, rhs_batch = array<i64>, dtype = f32} : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3xf32>
  %z = "axir.tanh"(%y) : (tensor<3xf32>) -> tensor<3xf32>
  return %z : tensor<3xf32>
}
