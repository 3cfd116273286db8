// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.iota: dimension must be an axis of the shape (3,); got 1.
func.func @f() -> tensor<3xi32> {
  %z = "axir.iota"() {shape = array<i64: 3>, dimension = 1 : i64, dtype = i32} : () -> tensor<3xi32>
  return %z : tensor<3xi32>
}
// -----
// ERROR: axir.iota: dtype must be an integer, float or complex dtype; got bool.
func.func @f() -> tensor<3xi1> {
  %z = "axir.iota"() {shape = array<i64: 3>, dimension = 0 : i64, dtype = i1} : () -> tensor<3xi1>
  return %z : tensor<3xi1>
}
// -----
// ERROR: axir.iota: sizes must not be negative; got shape (-1,).
func.func @f() -> tensor<3xi32> {
  %z = "axir.iota"() {shape = array<i64: -1>, dimension = 0 : i64, dtype = i32} : () -> tensor<3xi32>
  return %z : tensor<3xi32>
}
// -----
// ERROR: axir.broadcast_in_dim: f32[2] cannot be broadcast to shape (3, 4) along dimensions (0,).
func.func @f(%x: tensor<2xf32>) -> tensor<3x4xf32> {
  %z = "axir.broadcast_in_dim"(%x) {shape = array<i64: 3, 4>, dimensions = array<i64: 0>} : (tensor<2xf32>) -> tensor<3x4xf32>
  return %z : tensor<3x4xf32>
}
// -----
// ERROR: axir.broadcast_in_dim: f32[2] cannot be broadcast to shape (2,) along dimensions ().
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.broadcast_in_dim"(%x) {shape = array<i64: 2>, dimensions = array<i64>} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.broadcast_in_dim: dimensions must be distinct axes in [0, 2); got (2,).
func.func @f(%x: tensor<2xf32>) -> tensor<3x2xf32> {
  %z = "axir.broadcast_in_dim"(%x) {shape = array<i64: 3, 2>, dimensions = array<i64: 2>} : (tensor<2xf32>) -> tensor<3x2xf32>
  return %z : tensor<3x2xf32>
}
// -----
// ERROR: axir.broadcast_in_dim: sizes must not be negative; got shape (-2,).
func.func @f(%x: tensor<f32>) -> tensor<2xf32> {
  %z = "axir.broadcast_in_dim"(%x) {shape = array<i64: -2>, dimensions = array<i64>} : (tensor<f32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.reshape: shape must hold 6 elements; got shape (4,) for f32[2, 3].
func.func @f(%x: tensor<2x3xf32>) -> tensor<4xf32> {
  %z = "axir.reshape"(%x) {shape = array<i64: 4>} : (tensor<2x3xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
// -----
// ERROR: axir.reshape: shape must hold 6 elements; got shape (-2, -3) for f32[2, 3].
func.func @f(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %z = "axir.reshape"(%x) {shape = array<i64: -2, -3>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}
// -----
// ERROR: axir.transpose: permutation must order the 2 axes of f32[2, 3]; got (0, 0).
func.func @f(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %z = "axir.transpose"(%x) {permutation = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}
// -----
// ERROR: axir.reverse: dimensions must be distinct axes in [0, 1); got (1,).
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.reverse"(%x) {dimensions = array<i64: 1>} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.concatenate: shapes must agree except along axis 0; got f32[2, 3], f32[2, 4].
func.func @f(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) -> tensor<4x3xf32> {
  %z = "axir.concatenate"(%x, %y) {dimension = 0 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.concatenate: needs at least one operand.
func.func @f() -> tensor<0xf32> {
  %z = "axir.concatenate"() {dimension = 0 : i64} : () -> tensor<0xf32>
  return %z : tensor<0xf32>
}
// -----
// ERROR: axir.concatenate: dimension must be distinct axes in [0, 0); got (0,).
func.func @f(%x: tensor<f32>) -> tensor<2xf32> {
  %z = "axir.concatenate"(%x, %x) {dimension = 0 : i64} : (tensor<f32>, tensor<f32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.pad: low, high and interior >= 0 need one number for each axis of f32[2].
func.func @f(%x: tensor<2xf32>, %c: tensor<f32>) -> tensor<2xf32> {
  %z = "axir.pad"(%x, %c) {low = array<i64: 0, 0>, high = array<i64: 0>, interior = array<i64: 0>} : (tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.pad: the padding value must be a scalar; got f32[1].
func.func @f(%x: tensor<2xf32>, %c: tensor<1xf32>) -> tensor<2xf32> {
  %z = "axir.pad"(%x, %c) {low = array<i64: 0>, high = array<i64: 0>, interior = array<i64: 0>} : (tensor<2xf32>, tensor<1xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.pad: negative padding cuts off more than there is: f32[2], low=(-2,), high=(-1,).
func.func @f(%x: tensor<2xf32>, %c: tensor<f32>) -> tensor<0xf32> {
  %z = "axir.pad"(%x, %c) {low = array<i64: -2>, high = array<i64: -1>, interior = array<i64: 0>} : (tensor<2xf32>, tensor<f32>) -> tensor<0xf32>
  return %z : tensor<0xf32>
}
// -----
// ERROR: axir.slice: start, limit and stride need one number for each axis of f32[2]; got (0, 0), (2,), (1,).
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.slice"(%x) {start = array<i64: 0, 0>, limit = array<i64: 2>, stride = array<i64: 1>} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.slice: 0 <= start <= limit <= size and stride >= 1 must hold; got start=(0,), limit=(3,), stride=(1,) for f32[2] (axis 0).
func.func @f(%x: tensor<2xf32>) -> tensor<3xf32> {
  %z = "axir.slice"(%x) {start = array<i64: 0>, limit = array<i64: 3>, stride = array<i64: 1>} : (tensor<2xf32>) -> tensor<3xf32>
  return %z : tensor<3xf32>
}
// -----
// ERROR: axir.dynamic_slice: needs one scalar start index for each axis of f32[2]; got .
func.func @f(%x: tensor<2xf32>) -> tensor<1xf32> {
  %z = "axir.dynamic_slice"(%x) {sizes = array<i64: 1>} : (tensor<2xf32>) -> tensor<1xf32>
  return %z : tensor<1xf32>
}
// -----
// ERROR: axir.dynamic_slice: start indices must be integers; got f32[].
func.func @f(%x: tensor<2xf32>, %i: tensor<f32>) -> tensor<1xf32> {
  %z = "axir.dynamic_slice"(%x, %i) {sizes = array<i64: 1>} : (tensor<2xf32>, tensor<f32>) -> tensor<1xf32>
  return %z : tensor<1xf32>
}
// -----
// ERROR: axir.dynamic_slice: the window must fit into the operand; got sizes (3,) for f32[2].
func.func @f(%x: tensor<2xf32>, %i: tensor<i32>) -> tensor<3xf32> {
  %z = "axir.dynamic_slice"(%x, %i) {sizes = array<i64: 3>} : (tensor<2xf32>, tensor<i32>) -> tensor<3xf32>
  return %z : tensor<3xf32>
}
// -----
// ERROR: axir.dynamic_update_slice: operand and update must have one dtype and rank; got f32[2] and f64[1].
func.func @f(%x: tensor<2xf32>, %u: tensor<1xf64>, %i: tensor<i32>) -> tensor<2xf32> {
  %z = "axir.dynamic_update_slice"(%x, %u, %i) : (tensor<2xf32>, tensor<1xf64>, tensor<i32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
