// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.jvp: attribute 'callee' is missing.
func.func @f(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %y:2 = "axir.jvp"(%x, %x) {wrt = array<i64: 0>} : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %y#0, %y#1 : tensor<f32>, tensor<f32>
}
// -----
// ERROR: axir.jvp: there is no function @missing. At
func.func @f(%x: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %y:2 = "axir.jvp"(%x, %x) {callee = @missing, wrt = array<i64: 0>} : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %y#0, %y#1 : tensor<f32>, tensor<f32>
}
// -----
// ERROR: axir.jvp: wrt must list distinct float arguments of the callee, of [0]; got (1,).
func.func private @g(%x: tensor<f32>, %n: tensor<i32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>, %n: tensor<i32>) -> (tensor<f32>, tensor<f32>) {
  %y:2 = "axir.jvp"(%x, %n, %n) {callee = @g, wrt = array<i64: 1>} : (tensor<f32>, tensor<i32>, tensor<i32>) -> (tensor<f32>, tensor<f32>)
  return %y#0, %y#1 : tensor<f32>, tensor<f32>
}
// -----
// ERROR: axir.jvp: operands must be (f32[2], f32[2]); got (f32[2]).
func.func private @g(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @f(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %y:2 = "axir.jvp"(%x) {callee = @g, wrt = array<i64: 0>} : (tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
  return %y#0, %y#1 : tensor<2xf32>, tensor<2xf32>
}
// -----
// ERROR: axir.vjp: results must be (i32[2], f32[2]); got (i32[2], i32[2]).
func.func private @g(%x: tensor<2xf32>) -> tensor<2xi32> {
  %y = "axir.convert"(%x) {dtype = i32} : (tensor<2xf32>) -> tensor<2xi32>
  return %y : tensor<2xi32>
}
func.func @f(%x: tensor<2xf32>) -> tensor<2xi32> {
  %y:2 = "axir.vjp"(%x) {callee = @g, wrt = array<i64: 0>, seeds = array<i64>} : (tensor<2xf32>) -> (tensor<2xi32>, tensor<2xi32>)
  return %y#1 : tensor<2xi32>
}
// -----
// ERROR: axir.vjp: seeds must list distinct float results of the callee, of [0]; got (0, 0).
func.func private @g(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y:2 = "axir.vjp"(%x, %x, %x) {callee = @g, wrt = array<i64: 0>, seeds = array<i64: 0, 0>} : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
  return %y#1 : tensor<2xf32>
}
// -----
// ERROR: axir.linear_transpose: operands must be (f32[3], f32[2]); got (f32[2], f32[3]).
func.func private @g(%x: tensor<2xf32>, %c: tensor<3xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @f(%x: tensor<2xf32>, %c: tensor<3xf32>) -> tensor<2xf32> {
  %y = "axir.linear_transpose"(%x, %c) {callee = @g, wrt = array<i64: 0>} : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
// -----
// ERROR: axir.vmap: in_axes must have one axis for each of 1 values; got (0, 0).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = "axir.vmap"(%x) {callee = @g, in_axes = array<i64: 0, 0>, out_axes = array<i64: 0>, size = 4 : i64, axis_name = ""} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
// -----
// ERROR: axir.vmap: batch axis must be in [0, 0] for f32[]; got 1.
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = "axir.vmap"(%x) {callee = @g, in_axes = array<i64: 1>, out_axes = array<i64: 0>, size = 4 : i64, axis_name = ""} : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
// -----
// ERROR: axir.vmap: operands must be (f32[5]); got (f32[4]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<4xf32>) -> tensor<5xf32> {
  %y = "axir.vmap"(%x) {callee = @g, in_axes = array<i64: 0>, out_axes = array<i64: 0>, size = 5 : i64, axis_name = ""} : (tensor<4xf32>) -> tensor<5xf32>
  return %y : tensor<5xf32>
}
// -----
// ERROR: axir.vmap: size must not be negative; got -1.
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.vmap"(%x) {callee = @g, in_axes = array<i64: -1>, out_axes = array<i64: -1>, size = -1 : i64, axis_name = ""} : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
