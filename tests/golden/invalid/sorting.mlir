// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.sort: operands must have one shape; got f32[2], f32[3].
func.func @f(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<2xf32> {
  %z:2 = "axir.sort"(%x, %y) {dimension = 0 : i64, num_keys = 1 : i64} : (tensor<2xf32>, tensor<3xf32>) -> (tensor<2xf32>, tensor<3xf32>)
  return %z#0 : tensor<2xf32>
}
// -----
// ERROR: axir.sort: dimension must be in [0, 1); got 1 for f32[2].
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.sort"(%x) {dimension = 1 : i64, num_keys = 1 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.sort: num_keys must be in [1, 1], the number of operands; got 2.
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.sort"(%x) {dimension = 0 : i64, num_keys = 2 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.searchsorted: shapes must agree except along the last axis; got f32[] and f32[].
func.func @f(%x: tensor<f32>) -> tensor<i32> {
  %z = "axir.searchsorted"(%x, %x) {right = false} : (tensor<f32>, tensor<f32>) -> tensor<i32>
  return %z : tensor<i32>
}
// -----
// ERROR: axir.cumsum: the axis must be in [0, 0); got 0 for f32[].
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %z = "axir.cumsum"(%x) {axis = 0 : i64, reverse = false} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.take_along: the axis must be in [0, 1); got -1 for f32[2].
func.func @f(%x: tensor<2xf32>, %i: tensor<2xi32>) -> tensor<2xf32> {
  %z = "axir.take_along"(%x, %i) {axis = -1 : i64} : (tensor<2xf32>, tensor<2xi32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.take_along: indices must be integers; got f32[2].
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.take_along"(%x, %x) {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.take_along: shapes must agree except along axis 1; got f32[2, 3] and indices i32[3, 3].
func.func @f(%x: tensor<2x3xf32>, %i: tensor<3x3xi32>) -> tensor<3x3xf32> {
  %z = "axir.take_along"(%x, %i) {axis = 1 : i64} : (tensor<2x3xf32>, tensor<3x3xi32>) -> tensor<3x3xf32>
  return %z : tensor<3x3xf32>
}
// -----
// ERROR: axir.take_along: there is nothing to take from an empty axis; got f32[0] and indices i32[2].
func.func @f(%x: tensor<0xf32>, %i: tensor<2xi32>) -> tensor<2xf32> {
  %z = "axir.take_along"(%x, %i) {axis = 0 : i64} : (tensor<0xf32>, tensor<2xi32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
// -----
// ERROR: axir.add_along: updates and indices must have one shape; got f32[2] and i32[3].
func.func @f(%x: tensor<2xf32>, %i: tensor<3xi32>) -> tensor<4xf32> {
  %z = "axir.add_along"(%x, %i) {axis = 0 : i64, size = 4 : i64} : (tensor<2xf32>, tensor<3xi32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
// -----
// ERROR: axir.add_along: there is no place for the updates; got size=0 for f32[2].
func.func @f(%x: tensor<2xf32>, %i: tensor<2xi32>) -> tensor<0xf32> {
  %z = "axir.add_along"(%x, %i) {axis = 0 : i64, size = 0 : i64} : (tensor<2xf32>, tensor<2xi32>) -> tensor<0xf32>
  return %z : tensor<0xf32>
}
