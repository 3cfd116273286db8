// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.add: operands must have equal shapes; got f32[2], f32[3]. Broadcast them first.
func.func @f(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<2xf32> {
  %z = "axir.add"(%x, %y) : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.add: operands must have the same dtype; got f32[2], i32[2]. Convert one of them.
func.func @f(%x: tensor<2xf32>, %y: tensor<2xi32>) -> tensor<2xf32> {
  %z = "axir.add"(%x, %y) : (tensor<2xf32>, tensor<2xi32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.sin: operands must have one of the dtypes bf16, c128, c64, f16, f32, f64; got i32[2].
func.func @f(%x: tensor<2xi32>) -> tensor<2xi32> {
  %z = "axir.sin"(%x) : (tensor<2xi32>) -> tensor<2xi32>
  return %z : tensor<2xi32>
}
// -----
// ERROR: axir.sin: result type must be f32[2]; got f64[2].
func.func @f(%x: tensor<2xf32>) -> tensor<2xf64> {
  %z = "axir.sin"(%x) : (tensor<2xf32>) -> tensor<2xf64>
  return %z : tensor<2xf64>
}
// -----
// ERROR: axir.is_finite: result type must be bool[2]; got f32[2].
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.is_finite"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.compare: direction must be one of eq, ne, lt, le, gt, ge; got 'above'.
func.func @f(%x: tensor<2xf32>) -> tensor<2xi1> {
  %z = "axir.compare"(%x, %x) {direction = "above"} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>
  return %z : tensor<2xi1>
}
// -----
// ERROR: axir.compare: complex numbers have no order; got 'lt' of complex64. Compare their parts.
func.func @f(%x: tensor<2xcomplex<f32>>) -> tensor<2xi1> {
  %z = "axir.compare"(%x, %x) {direction = "lt"} : (tensor<2xcomplex<f32>>, tensor<2xcomplex<f32>>) -> tensor<2xi1>
  return %z : tensor<2xi1>
}
// -----
// ERROR: axir.select: the predicate must be bool; got i32[2]. Compare it with 0.
func.func @f(%p: tensor<2xi32>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.select"(%p, %x, %x) : (tensor<2xi32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.select: both branches must have the same dtype; got f32[2] and f64[2].
func.func @f(%p: tensor<2xi1>, %x: tensor<2xf32>, %y: tensor<2xf64>) -> tensor<2xf32> {
  %z = "axir.select"(%p, %x, %y) : (tensor<2xi1>, tensor<2xf32>, tensor<2xf64>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.integer_pow: integers cannot be raised to the negative power -1; got i32[2].
func.func @f(%x: tensor<2xi32>) -> tensor<2xi32> {
  %z = "axir.integer_pow"(%x) {exponent = -1 : i64} : (tensor<2xi32>) -> tensor<2xi32>
  return %z : tensor<2xi32>
}
// -----
// ERROR: axir.polygamma: order must be at least 1; got 0. Use digamma for order 0.
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.polygamma"(%x) {order = 0 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.bitcast: dtypes must have the same width, bool and complex excluded; got f32[2] to f64.
func.func @f(%x: tensor<2xf32>) -> tensor<2xf64> {
  %z = "axir.bitcast"(%x) {dtype = f64} : (tensor<2xf32>) -> tensor<2xf64>
  return %z : tensor<2xf64>
}
// -----
// ERROR: axir.fft: kind must be one of fft, ifft, rfft, irfft; got 'dct'.
func.func @f(%x: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> {
  %z = "axir.fft"(%x) {kind = "dct", lengths = array<i64: 4>} : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  return %z : tensor<4xcomplex<f32>>
}
// -----
// ERROR: axir.fft: the operand of fft must have one of the dtypes c128, c64; got f32[4].
func.func @f(%x: tensor<4xf32>) -> tensor<4xcomplex<f32>> {
  %z = "axir.fft"(%x) {kind = "fft", lengths = array<i64: 4>} : (tensor<4xf32>) -> tensor<4xcomplex<f32>>
  return %z : tensor<4xcomplex<f32>>
}
// -----
// ERROR: axir.fft: lengths must be positive, one for each of the last axes; got (2, 4) for c64[4].
func.func @f(%x: tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>> {
  %z = "axir.fft"(%x) {kind = "fft", lengths = array<i64: 2, 4>} : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  return %z : tensor<4xcomplex<f32>>
}
// -----
// ERROR: axir.fft: the last axes must have the sizes (3,) for irfft of lengths (4,); got c64[4].
func.func @f(%x: tensor<4xcomplex<f32>>) -> tensor<4xf32> {
  %z = "axir.fft"(%x) {kind = "irfft", lengths = array<i64: 4>} : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
// -----
// ERROR: axir.threefry2x32: operands must have one of the dtypes ui32; got i32[2].
func.func @f(%x: tensor<2xi32>) -> tensor<2xi32> {
  %z:2 = "axir.threefry2x32"(%x, %x, %x, %x) : (tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> (tensor<2xi32>, tensor<2xi32>)
  return %z#0 : tensor<2xi32>
}
// -----
// ERROR: axir.reduce_precision: exponent_bits must be positive and mantissa_bits not negative; got exponent_bits=0, mantissa_bits=3.
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.reduce_precision"(%x) {exponent_bits = 0 : i64, mantissa_bits = 3 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
