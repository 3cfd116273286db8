// What the linear part needs of the forward part is handed over as residuals: here cos(x).
// RUN: axir opt %s --passes 'linearize{func=f}' | filecheck %s

// CHECK-LABEL: func.func public @f_forward(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.sin"(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.cos"(%[[A0]])
// CHECK-NEXT:    %[[V2:.+]] = "axir.reduce_sum"(%[[V0]]) {axes = array<i64: 0>}
// CHECK-NEXT:    return %[[V2]], %[[V1]]

// CHECK-LABEL: func.func public @f_linear(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>, %[[A1:.+]]: tensor<4xf32>) -> tensor<f32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.mul"(%[[A1]], %[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.reduce_sum"(%[[V0]]) {axes = array<i64: 0>}
// CHECK-NEXT:    return %[[V1]]

func.func @f(%x: tensor<4xf32>) -> tensor<f32> {
  %y = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %s = "axir.reduce_sum"(%y) {axes = array<i64: 0>} : (tensor<4xf32>) -> tensor<f32>
  return %s : tensor<f32>
}
