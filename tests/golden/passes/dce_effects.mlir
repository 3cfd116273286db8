// Callbacks with effects stay, with the loops and calls that hold them; of such a loop what is not needed goes. Pure ones go.
// RUN: axir opt %s --passes 'cse,dce,symbol-dce' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>, %[[A1:.+]]: tensor<2xf32>) -> tensor<f32>
// CHECK-NEXT:    "axir.callback"(%[[A0]]) {effect = "io", function = 2 : i64, outputs = [], vmap_method = "none"}
// CHECK-NEXT:    "axir.callback"(%[[A0]]) {effect = "io", function = 2 : i64, outputs = [], vmap_method = "none"}
// CHECK-NEXT:    %[[V0:.+]] = call @prints(%[[A0]])
// CHECK-NEXT:    "axir.scan"(%[[A1]]) ({
// CHECK-NEXT:    ^bb0(%[[A2:.+]]: tensor<f32>):
// CHECK-NEXT:    %[[V1:.+]] = "axir.neg"(%[[A2]])
// CHECK-NEXT:    "axir.callback"(%[[V1]]) {effect = "ordered_debug", function = 0 : i64, outputs = [], vmap_method = "none"}
// CHECK-NEXT:    "axir.yield"()
// CHECK-NEXT:    }) {carry = 0 : i64, length = 2 : i64, reverse = false, xs = 1 : i64}
// CHECK-NEXT:    return %[[A0]]

func.func private @prints(%x: tensor<f32>) -> tensor<f32> {
  "axir.callback"(%x) {function = 0 : i64, outputs = [], effect = "debug", vmap_method = "none"} : (tensor<f32>) -> ()
  return %x : tensor<f32>
}
func.func private @quiet(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}
func.func @f(%x: tensor<f32>, %xs: tensor<2xf32>) -> tensor<f32> {
  %p = "axir.callback"(%x) {function = 1 : i64, outputs = [tensor<f32>], effect = "pure", vmap_method = "none"} : (tensor<f32>) -> tensor<f32>
  "axir.callback"(%x) {function = 2 : i64, outputs = [], effect = "io", vmap_method = "none"} : (tensor<f32>) -> ()
  "axir.callback"(%x) {function = 2 : i64, outputs = [], effect = "io", vmap_method = "none"} : (tensor<f32>) -> ()
  %a = call @prints(%x) : (tensor<f32>) -> tensor<f32>
  %b = call @quiet(%x) : (tensor<f32>) -> tensor<f32>
  %c, %ys = "axir.scan"(%x, %xs) ({
  ^bb0(%t: tensor<f32>, %w: tensor<f32>):
    %s = "axir.sin"(%t) : (tensor<f32>) -> tensor<f32>
    %n = "axir.neg"(%w) : (tensor<f32>) -> tensor<f32>
    "axir.callback"(%n) {function = 0 : i64, outputs = [], effect = "ordered_debug", vmap_method = "none"} : (tensor<f32>) -> ()
    "axir.yield"(%s, %w) : (tensor<f32>, tensor<f32>) -> ()
  }) {carry = 1 : i64, xs = 1 : i64, length = 2 : i64, reverse = false} : (tensor<f32>, tensor<2xf32>) -> (tensor<f32>, tensor<2xf32>)
  return %x : tensor<f32>
}
