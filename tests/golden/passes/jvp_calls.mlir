// A callee is differentiated for the arguments that carry tangents here; a zero tangent is not represented.
// RUN: axir opt %s --passes 'jvp{func=f,wrt=0}' | filecheck %s

// CHECK-LABEL: func.func public @f_jvp(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>, %[[A1:.+]]: tensor<f32>, %[[A2:.+]]: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
// CHECK-NEXT:    %[[V0:.+]]:3 = call @g_jvp(%[[A0]], %[[A1]], %[[A2]])
// CHECK-NEXT:    return %[[V0]]#0, %[[V0]]#1, %[[V0]]#2

// CHECK-LABEL: func.func private @g_jvp(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>, %[[A1:.+]]: tensor<f32>, %[[A2:.+]]: tensor<f32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.exp"(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.mul"(%[[A2]], %[[V0]])
// CHECK-NEXT:    %[[V2:.+]] = "axir.neg"(%[[A1]])
// CHECK-NEXT:    return %[[V0]], %[[V2]], %[[V1]]

func.func private @g(%x: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %a = "axir.exp"(%x) : (tensor<f32>) -> tensor<f32>
  %b = "axir.neg"(%y) : (tensor<f32>) -> tensor<f32>
  return %a, %b : tensor<f32>, tensor<f32>
}
func.func @f(%x: tensor<f32>, %c: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %r:2 = call @g(%x, %c) : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %r#0, %r#1 : tensor<f32>, tensor<f32>
}
