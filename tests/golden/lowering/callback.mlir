// A call of a Python function is a call of an import; equal sites share one. A token keeps effects in order. Unsigned
// integers keep their sign for the runtime.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xi32>, %[[A1:.+]]: tensor<f32>) -> tensor<2xf32> attributes {iree.reflection = {axir.callbacks = {{.+}}uint32{{.+}} false], [1, {{.+}}float32{{.+}} true]{{.+}}}}
// CHECK-NEXT:    %[[C0_I32:.+]] = arith.constant 0
// CHECK-NEXT:    %[[V0:.+]] = hal.tensor.export %[[A0]]
// CHECK-NEXT:    %[[V1:.+]] = hal.tensor.export %[[A1]]
// CHECK-NEXT:    %[[V2:.+]] = call @axir_callbacks.site0(%[[V0]], %[[V1]])
// CHECK-NEXT:    %[[V3:.+]] = hal.tensor.import %[[V2]]
// CHECK-NEXT:    %[[V4:.+]] = hal.tensor.export %[[A1]]
// CHECK-NEXT:    %[[V5:.+]] = call @axir_callbacks.site1(%[[V4]], %[[C0_I32]])
// CHECK-NEXT:    %[[V6:.+]] = hal.tensor.export %[[A1]]
// CHECK-NEXT:    %[[V7:.+]] = call @axir_callbacks.site1(%[[V6]], %[[V5]])
// CHECK-NEXT:    return %[[V3]]
// CHECK:       func.func private @axir_callbacks.site0(!hal.buffer_view, !hal.buffer_view) -> !hal.buffer_view
// CHECK-NEXT:  func.func private @axir_callbacks.site1(!hal.buffer_view, i32) -> i32

func.func @main(%x: tensor<3xui32>, %y: tensor<f32>) -> tensor<2xf32> {
  %z = "axir.callback"(%x, %y) {function = 0 : i64, outputs = [tensor<2xf32>], effect = "pure", vmap_method = "none"} : (tensor<3xui32>, tensor<f32>) -> tensor<2xf32>
  "axir.callback"(%y) {function = 1 : i64, outputs = [], effect = "debug", vmap_method = "none"} : (tensor<f32>) -> ()
  "axir.callback"(%y) {function = 1 : i64, outputs = [], effect = "debug", vmap_method = "none"} : (tensor<f32>) -> ()
  return %z : tensor<2xf32>
}
