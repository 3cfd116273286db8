// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.gather: indices must be integers; got f32[4, 1].
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xf32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 1, 3>, mode = "clip", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x1xf32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.gather: the last axis of the indices must hold one component for each axis of start_index_map; got i32[4, 2] and start_index_map=(0,).
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x2xi32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 1, 3>, mode = "clip", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x2xi32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.gather: offset_dims must be ascending, distinct axes in [0, 2); got (2,).
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 2>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 1, 3>, mode = "clip", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.gather: start_index_map must be distinct axes in [0, 2); got (2,).
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 2>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 1, 3>, mode = "clip", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.gather: operand_batching_dims must not be collapsed or have an index; got operand_batching_dims=(0,), collapsed_slice_dims=(0,), start_index_map=(0,).
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64: 0>, start_indices_batching_dims = array<i64: 0>, slice_sizes = array<i64: 1, 3>, mode = "clip", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.gather: windows must fit into the operand; got sizes (1, 4) for f32[5, 3].
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 1, 4>, mode = "clip", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.gather: windows must have one element along collapsed and batching axes; got sizes (2, 3), collapsed_slice_dims=(0,), operand_batching_dims=().
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 2, 3>, mode = "clip", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.gather: offset_dims must name an axis for each of the axes (1,) that windows of f32[5, 3] keep; got ().
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>) -> tensor<4xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 1, 3>, mode = "clip", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x1xi32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
// -----
// ERROR: axir.gather: batching axes of operand and indices must have equal sizes; got axes (1,) of f32[5, 2, 3] and axes (0,) of i32[4, 1].
func.func @f(%x: tensor<5x2x3xf32>, %i: tensor<4x1xi32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64: 1>, start_indices_batching_dims = array<i64: 0>, slice_sizes = array<i64: 1, 1, 3>, mode = "clip", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x2x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.gather: mode must be 'clip' or 'fill'; got 'wrap'.
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 1, 3>, mode = "wrap", fill_value = dense<0.0> : tensor<f32>} : (tensor<5x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.gather: the fill value must have the dtype of f32[5, 3]; got int32.
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>) -> tensor<4x3xf32> {
  %z = "axir.gather"(%x, %i) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, slice_sizes = array<i64: 1, 3>, mode = "clip", fill_value = dense<0> : tensor<i32>} : (tensor<5x3xf32>, tensor<4x1xi32>) -> tensor<4x3xf32>
  return %z : tensor<4x3xf32>
}
// -----
// ERROR: axir.scatter_add: operand and updates must have one dtype; got f32[5, 3] and f64[4, 3].
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>, %u: tensor<4x3xf64>) -> tensor<5x3xf32> {
  %z = "axir.scatter_add"(%x, %i, %u) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, mode = "drop", unique_indices = 0 : i64} : (tensor<5x3xf32>, tensor<4x1xi32>, tensor<4x3xf64>) -> tensor<5x3xf32>
  return %z : tensor<5x3xf32>
}
// -----
// ERROR: axir.scatter_add: mode must be 'clip' or 'drop'; got 'fill'.
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>, %u: tensor<4x3xf32>) -> tensor<5x3xf32> {
  %z = "axir.scatter_add"(%x, %i, %u) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, mode = "fill", unique_indices = 0 : i64} : (tensor<5x3xf32>, tensor<4x1xi32>, tensor<4x3xf32>) -> tensor<5x3xf32>
  return %z : tensor<5x3xf32>
}
// -----
// ERROR: axir.scatter_add: offset_dims must name an axis of the updates f32[4, 3] for each of the axes (1,) that windows of f32[5, 3] keep; got (2,).
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>, %u: tensor<4x3xf32>) -> tensor<5x3xf32> {
  %z = "axir.scatter_add"(%x, %i, %u) {offset_dims = array<i64: 2>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, mode = "drop", unique_indices = 0 : i64} : (tensor<5x3xf32>, tensor<4x1xi32>, tensor<4x3xf32>) -> tensor<5x3xf32>
  return %z : tensor<5x3xf32>
}
// -----
// ERROR: axir.scatter_add: updates must have the shape (4, 3) of the windows at i32[4, 1]; got f32[3, 3].
func.func @f(%x: tensor<5x3xf32>, %i: tensor<4x1xi32>, %u: tensor<3x3xf32>) -> tensor<5x3xf32> {
  %z = "axir.scatter_add"(%x, %i, %u) {offset_dims = array<i64: 1>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, mode = "drop", unique_indices = 0 : i64} : (tensor<5x3xf32>, tensor<4x1xi32>, tensor<3x3xf32>) -> tensor<5x3xf32>
  return %z : tensor<5x3xf32>
}
