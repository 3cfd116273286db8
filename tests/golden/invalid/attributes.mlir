// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.reverse: attribute 'dimensions' is missing.
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.reverse"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.reverse: attribute 'dimensions' must be of kind ints; got 0 : i64.
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.reverse"(%x) {dimensions = 0 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.integer_pow: attribute 'exponent' must be of kind int; got "3".
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.integer_pow"(%x) {exponent = "3"} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.convert: attribute 'dtype' must be of kind dtype; got i4.
func.func @f(%x: tensor<2xf32>) -> tensor<2xi32> {
  %z = "axir.convert"(%x) {dtype = i4} : (tensor<2xf32>) -> tensor<2xi32>
  return %z : tensor<2xi32>
}
// -----
// ERROR: axir.constant: attribute 'value' must be of kind scalar; got dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xf32>.
func.func @f() -> tensor<2xf32> {
  %z = "axir.constant"() {value = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>} : () -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.sin: there is no attribute 'fast'; its attributes are: none.
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.sin"(%x) {fast = true} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.slice: there is no attribute 'step'; its attributes are: start, limit, stride.
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.slice"(%x) {start = array<i64: 0>, limit = array<i64: 2>, stride = array<i64: 1>, step = array<i64: 1>} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.sin: takes 1 operands; got 2.
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.sin"(%x, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
