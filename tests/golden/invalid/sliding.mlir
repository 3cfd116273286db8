// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.reduce_window_sum: window_strides needs one number for each axis of f32[3]; got (1, 1).
func.func @f(%x: tensor<3xf32>) -> tensor<2xf32> {
  %z = "axir.reduce_window_sum"(%x) {window_dimensions = array<i64: 2>, window_strides = array<i64: 1, 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, base_dilation = array<i64: 1>, window_dilation = array<i64: 1>} : (tensor<3xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.reduce_window_max: window_dimensions must be positive; got (0,).
func.func @f(%x: tensor<3xf32>) -> tensor<2xf32> {
  %z = "axir.reduce_window_max"(%x) {window_dimensions = array<i64: 0>, window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, base_dilation = array<i64: 1>, window_dilation = array<i64: 1>} : (tensor<3xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.reduce_window_min: negative padding cuts off more than there is; got padding_low=(0,), padding_high=(-4,) for f32[3].
func.func @f(%x: tensor<3xf32>) -> tensor<2xf32> {
  %z = "axir.reduce_window_min"(%x) {window_dimensions = array<i64: 2>, window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: -4>, base_dilation = array<i64: 1>, window_dilation = array<i64: 1>} : (tensor<3xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.select_and_gather_add: source must have shape (3,) for operand f32[3]; got f32[2].
func.func @f(%x: tensor<3xf32>, %s: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.select_and_gather_add"(%s, %x) {window_dimensions = array<i64: 2>, window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, base_dilation = array<i64: 1>, window_dilation = array<i64: 1>, extremum = "max"} : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.select_and_scatter_add: source must have shape (2,) for operand f32[3]; got f32[3].
func.func @f(%x: tensor<3xf32>, %s: tensor<3xf32>) -> tensor<3xf32> {
  %z = "axir.select_and_scatter_add"(%s, %x) {window_dimensions = array<i64: 2>, window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, base_dilation = array<i64: 1>, window_dilation = array<i64: 1>, extremum = "max"} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %z : tensor<3xf32>
}
// -----
// ERROR: axir.select_and_gather_add: extremum must be 'max' or 'min'; got 'mean'.
func.func @f(%x: tensor<3xf32>, %s: tensor<3xf32>) -> tensor<2xf32> {
  %z = "axir.select_and_gather_add"(%s, %x) {window_dimensions = array<i64: 2>, window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, base_dilation = array<i64: 1>, window_dilation = array<i64: 1>, extremum = "mean"} : (tensor<3xf32>, tensor<3xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
