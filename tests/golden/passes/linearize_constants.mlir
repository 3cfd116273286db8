// Constants are repeated in the linear part, instead of being residuals.
// RUN: axir opt %s --passes 'linearize{func=f}' | filecheck %s

// CHECK-LABEL: func.func public @f_forward(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.constant"() {value = dense<3.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.broadcast_in_dim"(%[[V0]]) {dimensions = array<i64>, shape = array<i64: 4>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.mul"(%[[V1]], %[[A0]])
// CHECK-NEXT:    return %[[V2]]

// CHECK-LABEL: func.func public @f_linear(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.constant"() {value = dense<3.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.broadcast_in_dim"(%[[V0]]) {dimensions = array<i64>, shape = array<i64: 4>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.mul"(%[[V1]], %[[A0]])
// CHECK-NEXT:    return %[[V2]]

func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = "axir.constant"() {value = dense<3.0> : tensor<f32>} : () -> tensor<f32>
  %b = "axir.broadcast_in_dim"(%c) {dimensions = array<i64>, shape = array<i64: 4>} : (tensor<f32>) -> tensor<4xf32>
  %y = "axir.mul"(%b, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
