// x + (-0.0) and integer x + 0 are x. x + 0.0 is not: it turns -0.0 into 0.0.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>, %[[A1:.+]]: tensor<2xi32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xi32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.constant"() {value = dense<-0.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.broadcast_in_dim"(%[[V0]]) {dimensions = array<i64>, shape = array<i64: 2>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.constant"() {value = dense<0.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V3:.+]] = "axir.broadcast_in_dim"(%[[V2]]) {dimensions = array<i64>, shape = array<i64: 2>}
// CHECK-NEXT:    %[[V4:.+]] = "axir.add"(%[[A0]], %[[V3]])
// CHECK-NEXT:    %[[V5:.+]] = "axir.constant"() {value = dense<0> : tensor<i32>}
// CHECK-NEXT:    %[[V6:.+]] = "axir.broadcast_in_dim"(%[[V5]]) {dimensions = array<i64>, shape = array<i64: 2>}
// CHECK-NEXT:    return %[[A0]], %[[V4]], %[[A1]]

func.func @f(%x: tensor<2xf32>, %n: tensor<2xi32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xi32>) {
  %c = "axir.constant"() {value = dense<-0.0> : tensor<f32>} : () -> tensor<f32>
  %m = "axir.broadcast_in_dim"(%c) {dimensions = array<i64>, shape = array<i64: 2>} : (tensor<f32>) -> tensor<2xf32>
  %a = "axir.add"(%m, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %d = "axir.constant"() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %z = "axir.broadcast_in_dim"(%d) {dimensions = array<i64>, shape = array<i64: 2>} : (tensor<f32>) -> tensor<2xf32>
  %b = "axir.add"(%x, %z) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %i = "axir.constant"() {value = dense<0> : tensor<i32>} : () -> tensor<i32>
  %j = "axir.broadcast_in_dim"(%i) {dimensions = array<i64>, shape = array<i64: 2>} : (tensor<i32>) -> tensor<2xi32>
  %k = "axir.add"(%n, %j) : (tensor<2xi32>, tensor<2xi32>) -> tensor<2xi32>
  return %a, %b, %k : tensor<2xf32>, tensor<2xf32>, tensor<2xi32>
}
