// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.cholesky: needs square matrices in the last two axes; got f32[2, 3].
func.func @f(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %z = "axir.cholesky"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}
// -----
// ERROR: axir.lu: needs matrices in the last two axes; got f32[3].
func.func @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  %z, %p, %q = "axir.lu"(%x) : (tensor<3xf32>) -> (tensor<3xf32>, tensor<3xi32>, tensor<3xi32>)
  return %z : tensor<3xf32>
}
// -----
// ERROR: axir.det: operands must have one of the dtypes c128, c64, f32, f64; got f16[2, 2].
func.func @f(%x: tensor<2x2xf16>) -> tensor<f16> {
  %z = "axir.det"(%x) : (tensor<2x2xf16>) -> tensor<f16>
  return %z : tensor<f16>
}
// -----
// ERROR: axir.solve: the matrices of a and b must have the same leading axes, and as many rows in b as in a; got f32[3, 3] and f32[2, 1].
func.func @f(%a: tensor<3x3xf32>, %b: tensor<2x1xf32>) -> tensor<2x1xf32> {
  %z = "axir.solve"(%a, %b) {transpose_a = 0 : i64} : (tensor<3x3xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return %z : tensor<2x1xf32>
}
// -----
// ERROR: axir.triangular_solve: the matrices of a and b must have the same leading axes, and as many columns in b as in a; got f32[3, 3] and f32[3, 2].
func.func @f(%a: tensor<3x3xf32>, %b: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %z = "axir.triangular_solve"(%a, %b) {left_side = 0 : i64, upper = 0 : i64, transpose_a = 0 : i64, conjugate_a = 0 : i64, unit_diagonal = 0 : i64} : (tensor<3x3xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
  return %z : tensor<3x2xf32>
}
// -----
// ERROR: axir.lu_pivots_to_permutation: permutation_size must not be smaller than the number of pivots; got 2 for i32[3].
func.func @f(%p: tensor<3xi32>) -> tensor<2xi32> {
  %z = "axir.lu_pivots_to_permutation"(%p) {permutation_size = 2 : i64} : (tensor<3xi32>) -> tensor<2xi32>
  return %z : tensor<2xi32>
}
// -----
// ERROR: axir.pinv: rtol must have the leading axes of the matrices; got f32[2] for f32[3, 2].
func.func @f(%x: tensor<3x2xf32>, %r: tensor<2xf32>) -> tensor<2x3xf32> {
  %z = "axir.pinv"(%x, %r) : (tensor<3x2xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}
// -----
// ERROR: axir.take_rows: positions must be int32; got f32[2].
func.func @f(%x: tensor<3x2xf32>, %p: tensor<2xf32>) -> tensor<2x2xf32> {
  %z = "axir.take_rows"(%x, %p) : (tensor<3x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}
// -----
// ERROR: axir.take_rows: matrices and positions must have the same leading axes; got f32[3, 2] and i32[4, 2].
func.func @f(%x: tensor<3x2xf32>, %p: tensor<4x2xi32>) -> tensor<4x2x2xf32> {
  %z = "axir.take_rows"(%x, %p) : (tensor<3x2xf32>, tensor<4x2xi32>) -> tensor<4x2x2xf32>
  return %z : tensor<4x2x2xf32>
}
// -----
// ERROR: axir.take_rows: there are no rows to take; got f32[0, 2] and i32[2].
func.func @f(%x: tensor<0x2xf32>, %p: tensor<2xi32>) -> tensor<2x2xf32> {
  %z = "axir.take_rows"(%x, %p) : (tensor<0x2xf32>, tensor<2xi32>) -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}
// -----
// ERROR: axir.add_rows: each row needs one position; got f32[3, 2] and i32[2].
func.func @f(%x: tensor<3x2xf32>, %p: tensor<2xi32>) -> tensor<4x2xf32> {
  %z = "axir.add_rows"(%x, %p) {size = 4 : i64} : (tensor<3x2xf32>, tensor<2xi32>) -> tensor<4x2xf32>
  return %z : tensor<4x2xf32>
}
// -----
// ERROR: axir.add_rows: there is no row to add to; got size=0 for f32[3, 2].
func.func @f(%x: tensor<3x2xf32>, %p: tensor<3xi32>) -> tensor<0x2xf32> {
  %z = "axir.add_rows"(%x, %p) {size = 0 : i64} : (tensor<3x2xf32>, tensor<3xi32>) -> tensor<0x2xf32>
  return %z : tensor<0x2xf32>
}
// -----
// ERROR: axir.pinv: rtol must have the dtype of the singular values; got c64[] for c64[3, 2].
func.func @f(%x: tensor<3x2xcomplex<f32>>, %r: tensor<complex<f32>>) -> tensor<2x3xcomplex<f32>> {
  %z = "axir.pinv"(%x, %r) : (tensor<3x2xcomplex<f32>>, tensor<complex<f32>>) -> tensor<2x3xcomplex<f32>>
  return %z : tensor<2x3xcomplex<f32>>
}
