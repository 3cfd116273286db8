// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.custom_jvp: operands must be (f32[]); got (i32[]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.custom_jvp"(%i) {callee = @g, rule = @g, inputs = 1 : i64} : (tensor<i32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.custom_jvp: results must be (f32[]); got (i32[]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<i32> {
  %z = "axir.custom_jvp"(%x) {callee = @g, rule = @g, inputs = 1 : i64} : (tensor<f32>) -> tensor<i32>
  return %z : tensor<i32>
}
// -----
// ERROR: axir.custom_jvp: arguments of the rule must be (f32[], f32[]); got (f32[]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.custom_jvp"(%x) {callee = @g, rule = @g, inputs = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.custom_jvp: results of the rule must be (f32[], f32[]); got (f32[]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @r(%x: tensor<f32>, %t: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.custom_jvp"(%x) {callee = @g, rule = @r, inputs = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.custom_vjp: arguments of forward must be (f32[]); got (f32[], f32[]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @h(%x: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  return %x, %y : tensor<f32>, tensor<f32>
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.custom_vjp"(%x) {callee = @g, forward = @h, backward = @g, inputs = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.custom_vjp: first results of forward must be (f32[]); got ().
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @e(%x: tensor<f32>) -> () {
  return
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.custom_vjp"(%x) {callee = @g, forward = @e, backward = @g, inputs = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.custom_vjp: arguments of backward must be (f32[]); got (f32[], f32[]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @h(%x: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  return %x, %y : tensor<f32>, tensor<f32>
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.custom_vjp"(%x) {callee = @g, forward = @g, backward = @h, inputs = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.custom_vjp: results of backward must be (f32[]); got ().
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @e(%x: tensor<f32>) -> () {
  return
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.custom_vjp"(%x) {callee = @g, forward = @g, backward = @e, inputs = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.custom_linear: arguments of backward must be (f32[], f32[]); got (f32[]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.custom_linear"(%x, %x) {backward = @g, residuals = 1 : i64, known = 1 : i64, active = array<i64: 0>} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.custom_linear: tangents must be (f32[]); got (i32[]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.custom_linear"(%i) {backward = @g, residuals = 0 : i64, known = 0 : i64, active = array<i64: 0>} : (tensor<i32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.checkpoint: there is no policy 'all'; the policies are nothing, everything, dots, dots_without_batch, names, others.
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.checkpoint"(%x) {callee = @g, policy = "all"} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.checkpoint: there is no function @q.
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.checkpoint"(%x) {callee = @q, policy = "dots"} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.linear_solve: arguments of matvec must be (f32[]); got (f32[], f32[]).
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @h(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %z = "axir.linear_solve"(%x) {callee = @g, matvec = @h, transposed = @g, inputs = 1 : i64, can_transpose = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.linear_solve: results of transposed must be (f32[]); got ().
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @e(%x: tensor<f32>) -> () {
  return
}
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %z = "axir.linear_solve"(%x) {callee = @g, matvec = @g, transposed = @e, inputs = 1 : i64, can_transpose = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.linear_solve: solutions must be (f32[]); got (f32[2]).
func.func private @g(%x: tensor<f32>) -> tensor<2xf32> {
  %z = "axir.broadcast_in_dim"(%x) {shape = array<i64: 2>, dimensions = array<i64>} : (tensor<f32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
func.func @f(%x: tensor<f32>) -> tensor<2xf32> {
  %z = "axir.linear_solve"(%x) {callee = @g, matvec = @g, transposed = @g, inputs = 1 : i64, can_transpose = 1 : i64} : (tensor<f32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.linear_call: arguments of transposed must be (f32[], f32[2]); got (f32[], f32[]).
func.func private @g(%r: tensor<f32>, %x: tensor<f32>) -> tensor<2xf32> {
  %y = "axir.broadcast_in_dim"(%x) {shape = array<i64: 2>, dimensions = array<i64>} : (tensor<f32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
func.func private @t(%r: tensor<f32>, %x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%r: tensor<f32>, %x: tensor<f32>) -> tensor<2xf32> {
  %z = "axir.linear_call"(%r, %x) {callee = @g, transposed = @t, residuals = 1 : i64, inputs = 2 : i64} : (tensor<f32>, tensor<f32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.linear_call: results of transposed must be (f32[]); got (f32[2]).
func.func private @g(%r: tensor<f32>, %x: tensor<f32>) -> tensor<2xf32> {
  %y = "axir.broadcast_in_dim"(%x) {shape = array<i64: 2>, dimensions = array<i64>} : (tensor<f32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}
func.func private @t(%r: tensor<f32>, %x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
func.func @f(%r: tensor<f32>, %x: tensor<f32>) -> tensor<2xf32> {
  %z = "axir.linear_call"(%r, %x) {callee = @g, transposed = @t, residuals = 1 : i64, inputs = 2 : i64} : (tensor<f32>, tensor<f32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
