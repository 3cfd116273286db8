// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.callback: effect must be one of pure, io, ordered_io, debug, ordered_debug; got 'none'.
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  "axir.callback"(%x) {function = 0 : i64, outputs = [], effect = "none", vmap_method = "none"} : (tensor<f32>) -> ()
  return %x : tensor<f32>
}
// -----
// ERROR: axir.callback: vmap_method must be one of none, sequential,
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  "axir.callback"(%x) {function = 0 : i64, outputs = [], effect = "pure", vmap_method = "loop"} : (tensor<f32>) -> ()
  return %x : tensor<f32>
}
// -----
// ERROR: axir.callback: a callback for debugging gives no results; got 1.
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.callback"(%x) {function = 0 : i64, outputs = [tensor<f32>], effect = "debug", vmap_method = "none"} : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
// -----
// ERROR: axir.callback: result type must be f32[2]; got f32[].
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.callback"(%x) {function = 0 : i64, outputs = [tensor<2xf32>], effect = "pure", vmap_method = "none"} : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
