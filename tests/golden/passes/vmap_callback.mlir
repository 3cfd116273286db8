// A callback with an effect runs for each item, in a loop; a pure one at once, what is shared broadcast to the batch.
// RUN: axir opt %s --passes 'vmap{func=f,size=3,in-axes=0:-1}' | filecheck %s

// CHECK-LABEL: func.func public @f_vmap(
// CHECK-SAME:    %[[A0:.+]]: tensor<3x2xf32>, %[[A1:.+]]: tensor<f32>) -> tensor<3xf32>
// CHECK-NEXT:    "axir.scan"(%[[A0]], %[[A1]]) ({
// CHECK-NEXT:    ^bb0(%[[A2:.+]]: tensor<2xf32>, %[[A3:.+]]: tensor<f32>):
// CHECK-NEXT:    "axir.callback"(%[[A2]], %[[A3]]) {effect = "debug", function = 0 : i64, outputs = [], vmap_method = "none"}
// CHECK-NEXT:    "axir.yield"()
// CHECK-NEXT:    }) {carry = 0 : i64, length = 3 : i64, reverse = false, xs = 1 : i64}
// CHECK-NEXT:    %[[V0:.+]] = "axir.broadcast_in_dim"(%[[A1]]) {dimensions = array<i64>, shape = array<i64: 3>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.callback"(%[[A0]], %[[V0]]) {effect = "pure", function = 1 : i64, outputs = [tensor<3xf32>], vmap_method = "broadcast_all"}
// CHECK-NEXT:    return %[[V1]]

func.func @f(%x: tensor<2xf32>, %y: tensor<f32>) -> tensor<f32> {
  "axir.callback"(%x, %y) {function = 0 : i64, outputs = [], effect = "debug", vmap_method = "none"} : (tensor<2xf32>, tensor<f32>) -> ()
  %z = "axir.callback"(%x, %y) {function = 1 : i64, outputs = [tensor<f32>], effect = "pure", vmap_method = "broadcast_all"} : (tensor<2xf32>, tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
