// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.check: whether a check failed must be a bool scalar; got f32[].
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  "axir.check"(%x) {error = 0 : i64, debug = true} : (tensor<f32>) -> ()
  return %x : tensor<f32>
}
// -----
// ERROR: axir.check: whether a check failed must be a bool scalar; got bool[2].
func.func @f(%x: tensor<2xi1>) -> tensor<2xi1> {
  "axir.check"(%x) {error = 0 : i64, debug = true} : (tensor<2xi1>) -> ()
  return %x : tensor<2xi1>
}
