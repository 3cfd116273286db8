// Tangents and cotangents that are zero become zeros where the op has to give a value.
// RUN: axir opt %s --passes 'expand-transforms' | filecheck %s

// CHECK-LABEL: func.func @forward(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>, %[[A1:.+]]: tensor<2xf32>, %[[A2:.+]]: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
// CHECK-NEXT:    %[[V0:.+]]:3 = call @f_jvp(%[[A0]], %[[A1]], %[[A2]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.constant"() {value = dense<0.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.broadcast_in_dim"(%[[V1]]) {dimensions = array<i64>, shape = array<i64: 2>}
// CHECK-NEXT:    return %[[V0]]#2, %[[V2]]

// CHECK-LABEL: func.func @reverse(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>, %[[A1:.+]]: tensor<2xf32>, %[[A2:.+]]: tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT:    %[[V0:.+]]:2 = call @f_forward(%[[A0]], %[[A1]])
// CHECK-NEXT:    call @f_linear_transpose()
// CHECK-NEXT:    %[[V1:.+]] = "axir.constant"() {value = dense<0.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.broadcast_in_dim"(%[[V1]]) {dimensions = array<i64>, shape = array<i64: 2>}
// CHECK-NEXT:    return %[[V2]]

// CHECK-LABEL: func.func private @f_jvp(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>, %[[A1:.+]]: tensor<2xf32>, %[[A2:.+]]: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
// CHECK-NEXT:    return %[[A0]], %[[A1]], %[[A2]]

// CHECK-LABEL: func.func private @f_forward(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>, %[[A1:.+]]: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
// CHECK-NEXT:    return %[[A0]], %[[A1]]

// CHECK-LABEL: func.func private @f_linear(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT:    return %[[A0]]

// CHECK-LABEL: func.func private @f_linear_transpose(
// CHECK-SAME:    )
// CHECK-NEXT:    return

func.func private @f(%x: tensor<2xf32>, %c: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  return %x, %c : tensor<2xf32>, tensor<2xf32>
}
func.func @forward(%x: tensor<2xf32>, %c: tensor<2xf32>, %t: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %r:4 = "axir.jvp"(%x, %c, %t) {callee = @f, wrt = array<i64: 0>} : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  return %r#2, %r#3 : tensor<2xf32>, tensor<2xf32>
}
func.func @reverse(%x: tensor<2xf32>, %c: tensor<2xf32>, %ct: tensor<2xf32>) -> tensor<2xf32> {
  %r:3 = "axir.vjp"(%x, %c, %ct) {callee = @f, wrt = array<i64: 1>, seeds = array<i64: 0>} : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
  return %r#2 : tensor<2xf32>
}
