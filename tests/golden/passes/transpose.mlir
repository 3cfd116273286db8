// Linear ops are visited in reverse; what does not depend on the linear argument is computed as before.
// RUN: axir opt %s --passes 'transpose{func=f,wrt=1}' | filecheck %s

// CHECK-LABEL: func.func public @f_transpose(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>, %[[A1:.+]]: tensor<f32>) -> tensor<4xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.cos"(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.broadcast_in_dim"(%[[A1]]) {dimensions = array<i64>, shape = array<i64: 4>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.neg"(%[[V1]])
// CHECK-NEXT:    %[[V3:.+]] = "axir.mul"(%[[V1]], %[[V0]])
// CHECK-NEXT:    %[[V4:.+]] = "axir.add"(%[[V2]], %[[V3]])
// CHECK-NEXT:    return %[[V4]]

func.func @f(%a: tensor<4xf32>, %t: tensor<4xf32>) -> tensor<f32> {
  %c = "axir.cos"(%a) : (tensor<4xf32>) -> tensor<4xf32>
  %y = "axir.mul"(%t, %c) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %u = "axir.sub"(%y, %t) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %s = "axir.reduce_sum"(%u) {axes = array<i64: 0>} : (tensor<4xf32>) -> tensor<f32>
  return %s : tensor<f32>
}
