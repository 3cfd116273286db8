// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.convolution: lhs and rhs must have one rank, at least 2; got f32[2, 3, 5] and f32[4, 3].
func.func @f(%x: tensor<2x3x5xf32>, %y: tensor<4x3xf32>) -> tensor<1x1x1xf32> {
  %z = "axir.convolution"(%x, %y) {window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, lhs_dilation = array<i64: 1>, rhs_dilation = array<i64: 1>, lhs_axes = array<i64: 0, 1, 2>, rhs_axes = array<i64: 0, 1, 2>, out_axes = array<i64: 0, 1, 2>, feature_group_count = 1 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x3x5xf32>, tensor<4x3xf32>) -> tensor<1x1x1xf32>
  return %z : tensor<1x1x1xf32>
}
// -----
// ERROR: axir.convolution: lhs_axes must order the 3 axes; got (0, 1, 1).
func.func @f(%x: tensor<2x3x5xf32>, %y: tensor<4x3x2xf32>) -> tensor<1x1x1xf32> {
  %z = "axir.convolution"(%x, %y) {window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, lhs_dilation = array<i64: 1>, rhs_dilation = array<i64: 1>, lhs_axes = array<i64: 0, 1, 1>, rhs_axes = array<i64: 0, 1, 2>, out_axes = array<i64: 0, 1, 2>, feature_group_count = 1 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x3x5xf32>, tensor<4x3x2xf32>) -> tensor<1x1x1xf32>
  return %z : tensor<1x1x1xf32>
}
// -----
// ERROR: axir.convolution: rhs_dilation needs one number for each spatial axis of f32[2, 3, 5]; got (1, 1).
func.func @f(%x: tensor<2x3x5xf32>, %y: tensor<4x3x2xf32>) -> tensor<1x1x1xf32> {
  %z = "axir.convolution"(%x, %y) {window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, lhs_dilation = array<i64: 1>, rhs_dilation = array<i64: 1, 1>, lhs_axes = array<i64: 0, 1, 2>, rhs_axes = array<i64: 0, 1, 2>, out_axes = array<i64: 0, 1, 2>, feature_group_count = 1 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x3x5xf32>, tensor<4x3x2xf32>) -> tensor<1x1x1xf32>
  return %z : tensor<1x1x1xf32>
}
// -----
// ERROR: axir.convolution: window_strides must be positive; got (0,).
func.func @f(%x: tensor<2x3x5xf32>, %y: tensor<4x3x2xf32>) -> tensor<1x1x1xf32> {
  %z = "axir.convolution"(%x, %y) {window_strides = array<i64: 0>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, lhs_dilation = array<i64: 1>, rhs_dilation = array<i64: 1>, lhs_axes = array<i64: 0, 1, 2>, rhs_axes = array<i64: 0, 1, 2>, out_axes = array<i64: 0, 1, 2>, feature_group_count = 1 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x3x5xf32>, tensor<4x3x2xf32>) -> tensor<1x1x1xf32>
  return %z : tensor<1x1x1xf32>
}
// -----
// ERROR: axir.convolution: the kernel must have elements along each spatial axis; got f32[4, 3, 0].
func.func @f(%x: tensor<2x3x5xf32>, %y: tensor<4x3x0xf32>) -> tensor<1x1x1xf32> {
  %z = "axir.convolution"(%x, %y) {window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, lhs_dilation = array<i64: 1>, rhs_dilation = array<i64: 1>, lhs_axes = array<i64: 0, 1, 2>, rhs_axes = array<i64: 0, 1, 2>, out_axes = array<i64: 0, 1, 2>, feature_group_count = 1 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x3x5xf32>, tensor<4x3x0xf32>) -> tensor<1x1x1xf32>
  return %z : tensor<1x1x1xf32>
}
// -----
// ERROR: axir.convolution: group counts must be positive and one of them 1; got feature_group_count=0, batch_group_count=1.
func.func @f(%x: tensor<2x3x5xf32>, %y: tensor<4x3x2xf32>) -> tensor<1x1x1xf32> {
  %z = "axir.convolution"(%x, %y) {window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, lhs_dilation = array<i64: 1>, rhs_dilation = array<i64: 1>, lhs_axes = array<i64: 0, 1, 2>, rhs_axes = array<i64: 0, 1, 2>, out_axes = array<i64: 0, 1, 2>, feature_group_count = 0 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x3x5xf32>, tensor<4x3x2xf32>) -> tensor<1x1x1xf32>
  return %z : tensor<1x1x1xf32>
}
// -----
// ERROR: axir.convolution: lhs must have as many features as the kernel takes in, times feature_group_count; got f32[2, 3, 5] with 3 features, f32[4, 2, 2] with 2 input features, feature_group_count=1.
func.func @f(%x: tensor<2x3x5xf32>, %y: tensor<4x2x2xf32>) -> tensor<1x1x1xf32> {
  %z = "axir.convolution"(%x, %y) {window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, lhs_dilation = array<i64: 1>, rhs_dilation = array<i64: 1>, lhs_axes = array<i64: 0, 1, 2>, rhs_axes = array<i64: 0, 1, 2>, out_axes = array<i64: 0, 1, 2>, feature_group_count = 1 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x3x5xf32>, tensor<4x2x2xf32>) -> tensor<1x1x1xf32>
  return %z : tensor<1x1x1xf32>
}
// -----
// ERROR: axir.convolution: group counts must divide the sizes of what they group; got batch size 2, 4 output features, feature_group_count=3, batch_group_count=1.
func.func @f(%x: tensor<2x3x5xf32>, %y: tensor<4x1x2xf32>) -> tensor<1x1x1xf32> {
  %z = "axir.convolution"(%x, %y) {window_strides = array<i64: 1>, padding_low = array<i64: 0>, padding_high = array<i64: 0>, lhs_dilation = array<i64: 1>, rhs_dilation = array<i64: 1>, lhs_axes = array<i64: 0, 1, 2>, rhs_axes = array<i64: 0, 1, 2>, out_axes = array<i64: 0, 1, 2>, feature_group_count = 3 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x3x5xf32>, tensor<4x1x2xf32>) -> tensor<1x1x1xf32>
  return %z : tensor<1x1x1xf32>
}
// -----
// ERROR: axir.convolution: negative padding cuts off more than there is; got padding_low=(-6,), padding_high=(0,) for f32[2, 3, 5].
func.func @f(%x: tensor<2x3x5xf32>, %y: tensor<4x3x2xf32>) -> tensor<1x1x1xf32> {
  %z = "axir.convolution"(%x, %y) {window_strides = array<i64: 1>, padding_low = array<i64: -6>, padding_high = array<i64: 0>, lhs_dilation = array<i64: 1>, rhs_dilation = array<i64: 1>, lhs_axes = array<i64: 0, 1, 2>, rhs_axes = array<i64: 0, 1, 2>, out_axes = array<i64: 0, 1, 2>, feature_group_count = 1 : i64, batch_group_count = 1 : i64, dtype = f32} : (tensor<2x3x5xf32>, tensor<4x3x2xf32>) -> tensor<1x1x1xf32>
  return %z : tensor<1x1x1xf32>
}
