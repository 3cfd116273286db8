// Private functions go, unless a public one reaches them through calls or transformations.
// RUN: axir opt %s --passes symbol-dce | filecheck %s

// CHECK-NOT: @unused
// CHECK-NOT: @only_unused_calls
// CHECK: func.func private @called(
// CHECK: func.func private @transformed(
// CHECK: func.func @f(
// CHECK: func.func @alone(
func.func private @only_unused_calls(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @unused(%x: tensor<f32>) -> tensor<f32> {
  %y = call @only_unused_calls(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func private @called(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func private @transformed(%x: tensor<f32>) -> tensor<f32> {
  %y = call @called(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func @f(%x: tensor<f32>) -> tensor<f32> {
  %y:2 = "axir.jvp"(%x, %x) {callee = @transformed, wrt = array<i64: 0>} : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %y#1 : tensor<f32>
}
func.func @alone(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
