// Elementwise and shape ops on constants become constants, broadcast where they are no scalars; overflow wraps.
// RUN: axir opt %s --passes 'fold-constants' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<2xf32>) -> (tensor<2xf32>, tensor<i8>, tensor<1x3xi1>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.constant"() {value = dense<3.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.constant"() {value = dense<1.73205078> : tensor<f32>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.constant"() {value = dense<3.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V3:.+]] = "axir.broadcast_in_dim"(%[[V2]]) {dimensions = array<i64>, shape = array<i64: 2>}
// CHECK-NEXT:    %[[V4:.+]] = "axir.constant"() {value = dense<-3.000000e+00> : tensor<f32>}
// CHECK-NEXT:    %[[V5:.+]] = "axir.broadcast_in_dim"(%[[V4]]) {dimensions = array<i64>, shape = array<i64: 2>}
// CHECK-NEXT:    %[[V6:.+]] = "axir.mul"(%[[A0]], %[[V5]])
// CHECK-NEXT:    %[[V7:.+]] = "axir.constant"() {value = dense<100> : tensor<i8>}
// CHECK-NEXT:    %[[V8:.+]] = "axir.constant"() {value = dense<-56> : tensor<i8>}
// CHECK-NEXT:    %[[V9:.+]] = "axir.constant"() {value = dense<true> : tensor<i1>}
// CHECK-NEXT:    %[[V10:.+]] = "axir.broadcast_in_dim"(%[[V9]]) {dimensions = array<i64>, shape = array<i64: 3>}
// CHECK-NEXT:    %[[V11:.+]] = "axir.constant"() {value = dense<true> : tensor<i1>}
// CHECK-NEXT:    %[[V12:.+]] = "axir.broadcast_in_dim"(%[[V11]]) {dimensions = array<i64>, shape = array<i64: 1, 3>}
// CHECK-NEXT:    return %[[V6]], %[[V8]], %[[V12]]

func.func @f(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<i8>, tensor<1x3xi1>) {
  %c = "axir.constant"() {value = dense<3.0> : tensor<f32>} : () -> tensor<f32>
  %d = "axir.sqrt"(%c) : (tensor<f32>) -> tensor<f32>
  %e = "axir.mul"(%d, %d) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  %b = "axir.broadcast_in_dim"(%e) {dimensions = array<i64>, shape = array<i64: 2>} : (tensor<f32>) -> tensor<2xf32>
  %n = "axir.neg"(%b) : (tensor<2xf32>) -> tensor<2xf32>
  %y = "axir.mul"(%x, %n) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %i = "axir.constant"() {value = dense<100> : tensor<i8>} : () -> tensor<i8>
  %j = "axir.add"(%i, %i) : (tensor<i8>, tensor<i8>) -> tensor<i8>
  %t = "axir.compare"(%i, %j) {direction = "gt"} : (tensor<i8>, tensor<i8>) -> tensor<i1>
  %u = "axir.broadcast_in_dim"(%t) {dimensions = array<i64>, shape = array<i64: 3>} : (tensor<i1>) -> tensor<3xi1>
  %v = "axir.reshape"(%u) {shape = array<i64: 1, 3>} : (tensor<3xi1>) -> tensor<1x3xi1>
  return %y, %j, %v : tensor<2xf32>, tensor<i8>, tensor<1x3xi1>
}
