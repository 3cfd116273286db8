// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.reduce_sum: axes must be ascending, distinct and in [0, 2); got (1, 0) for f32[2, 3].
func.func @f(%x: tensor<2x3xf32>) -> tensor<f32> {
  %z = "axir.reduce_sum"(%x) {axes = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.reduce_and: operands must have one of the dtypes bool, i16, i32, i64, i8, ui16, ui32, ui64, ui8; got f32[2].
func.func @f(%x: tensor<2xf32>) -> tensor<f32> {
  %z = "axir.reduce_and"(%x) {axes = array<i64: 0>} : (tensor<2xf32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.argmax: there is no extreme element along an empty axis; got f32[0, 2], axis 0.
func.func @f(%x: tensor<0x2xf32>) -> tensor<2xi32> {
  %z = "axir.argmax"(%x) {axis = 0 : i64, index_dtype = i32} : (tensor<0x2xf32>) -> tensor<2xi32>
  return %z : tensor<2xi32>
}
// -----
// ERROR: axir.argmin: index_dtype must be an integer dtype; got float32.
func.func @f(%x: tensor<2xf32>) -> tensor<f32> {
  %z = "axir.argmin"(%x) {axis = 0 : i64, index_dtype = f32} : (tensor<2xf32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.argmin: axes must be ascending, distinct and in [0, 1); got (1,) for f32[2].
func.func @f(%x: tensor<2xf32>) -> tensor<i32> {
  %z = "axir.argmin"(%x) {axis = 1 : i64, index_dtype = i32} : (tensor<2xf32>) -> tensor<i32>
  return %z : tensor<i32>
}
// -----
// ERROR: axir.dot_general: contracted axes must have equal sizes; got f32[2, 3] (axes (1,)) and f32[2, 3] (axes (0,)).
func.func @f(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %z = "axir.dot_general"(%x, %x) {lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>, lhs_batch = array<i64>, rhs_batch = array<i64>, dtype = f32} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}
// -----
// ERROR: axir.dot_general: batch axes must have equal sizes; got f32[2] (axes (0,)) and f32[3] (axes (0,)).
func.func @f(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<2xf32> {
  %z = "axir.dot_general"(%x, %y) {lhs_contract = array<i64>, rhs_contract = array<i64>, lhs_batch = array<i64: 0>, rhs_batch = array<i64: 0>, dtype = f32} : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.dot_general: contracted and batch axes must be distinct axes of f32[2]; got (0, 0).
func.func @f(%x: tensor<2xf32>) -> tensor<f32> {
  %z = "axir.dot_general"(%x, %x) {lhs_contract = array<i64: 0>, rhs_contract = array<i64: 0>, lhs_batch = array<i64: 0>, rhs_batch = array<i64: 0>, dtype = f32} : (tensor<2xf32>, tensor<2xf32>) -> tensor<f32>
  return %z : tensor<f32>
}
