// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.axis_index: the size of a batch axis must not be negative; got -1.
func.func @f() -> tensor<i32> {
  %z = "axir.axis_index"() {axis = "i", size = -1 : i64} : () -> tensor<i32>
  return %z : tensor<i32>
}
// -----
// ERROR: axir.all_gather: result type must be f32[3, 2]; got f32[2].
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %z = "axir.all_gather"(%x) {axis = "i", size = 3 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
