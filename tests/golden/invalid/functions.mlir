// RUN: axir opt %s --passes verify --expect-errors
// ERROR: 'func.call' op 'missing' does not reference a valid function
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %y = "func.call"(%x) {callee = @missing} : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
// -----
// ERROR: tensor.empty is not an op of the axir dialect. At
func.func @f() -> tensor<2xf32> {
  %y = tensor.empty() : tensor<2xf32>
  return %y : tensor<2xf32>
}
// -----
// ERROR: axir.sine is not an op of the axir dialect. At
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.sine"(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
// -----
// ERROR: @f: axir: values are tensors of static shape; got tensor<?xf32>.
func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}
// -----
// ERROR: @f: axir: values are tensors of static shape; got f32.
func.func @f(%x: f32) -> f32 {
  return %x : f32
}
// -----
// ERROR: @f: axir: i4 is not an element type of the dialect; got tensor<2xi4>.
func.func @f(%x: tensor<2xi4>) -> tensor<2xi4> {
  return %x : tensor<2xi4>
}
// -----
// ERROR: @f: a function has exactly one block.
func.func private @f(tensor<f32>) -> tensor<f32>
// -----
// ERROR: module: functions must not be recursive; @f calls @g calls @f.
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  %y = call @g(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func private @g(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.vmap"(%x) {callee = @f, in_axes = array<i64: -1>, out_axes = array<i64: -1>, size = 2 : i64, axis_name = ""} : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
// -----
// ERROR: module: it must hold functions only.
%c = "axir.constant"() {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>
