// The gradient of a batched function: vmap is expanded first, then vjp, which becomes two calls.
// RUN: axir opt %s --passes 'expand-transforms' | filecheck %s

// CHECK-LABEL: func.func private @batched(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>) -> tensor<3xf32>
// CHECK-NEXT:    %[[V0:.+]] = call @f_vmap(%[[A0]])
// CHECK-NEXT:    return %[[V0]]

// CHECK-LABEL: func.func @gradient(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>, %[[A1:.+]]: tensor<3xf32>) -> tensor<3xf32>
// CHECK-NEXT:    %[[V0:.+]]:2 = call @batched_forward(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = call @batched_linear_transpose(%[[V0]]#1, %[[A1]])
// CHECK-NEXT:    return %[[V1]]

// CHECK-LABEL: func.func private @f_vmap(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>) -> tensor<3xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.sin"(%[[A0]])
// CHECK-NEXT:    return %[[V0]]

// CHECK-LABEL: func.func private @batched_forward(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>)
// CHECK-NEXT:    %[[V0:.+]]:2 = call @f_vmap_forward(%[[A0]])
// CHECK-NEXT:    return %[[V0]]#0, %[[V0]]#1

// CHECK-LABEL: func.func private @f_vmap_forward(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.sin"(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.cos"(%[[A0]])
// CHECK-NEXT:    return %[[V0]], %[[V1]]

// CHECK-LABEL: func.func private @f_vmap_linear(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>, %[[A1:.+]]: tensor<3xf32>) -> tensor<3xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.mul"(%[[A1]], %[[A0]])
// CHECK-NEXT:    return %[[V0]]

// CHECK-LABEL: func.func private @batched_linear(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>, %[[A1:.+]]: tensor<3xf32>) -> tensor<3xf32>
// CHECK-NEXT:    %[[V0:.+]] = call @f_vmap_linear(%[[A0]], %[[A1]])
// CHECK-NEXT:    return %[[V0]]

// CHECK-LABEL: func.func private @batched_linear_transpose(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>, %[[A1:.+]]: tensor<3xf32>) -> tensor<3xf32>
// CHECK-NEXT:    %[[V0:.+]] = call @f_vmap_linear_transpose(%[[A0]], %[[A1]])
// CHECK-NEXT:    return %[[V0]]

// CHECK-LABEL: func.func private @f_vmap_linear_transpose(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xf32>, %[[A1:.+]]: tensor<3xf32>) -> tensor<3xf32>
// CHECK-NEXT:    %[[V0:.+]] = "axir.mul"(%[[A1]], %[[A0]])
// CHECK-NEXT:    return %[[V0]]

func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.sin"(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func private @batched(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.vmap"(%x) {callee = @f, in_axes = array<i64: 0>, out_axes = array<i64: 0>, size = 3 : i64, axis_name = ""} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
func.func @gradient(%x: tensor<3xf32>, %ct: tensor<3xf32>) -> tensor<3xf32> {
  %y:2 = "axir.vjp"(%x, %ct) {callee = @batched, wrt = array<i64: 0>, seeds = array<i64: 0>} : (tensor<3xf32>, tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>)
  return %y#1 : tensor<3xf32>
}
