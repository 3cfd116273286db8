// The derivative follows each op that depends on a float argument; integers have no tangent.
// RUN: axir opt %s --passes 'jvp{func=f}' | filecheck %s

// CHECK-LABEL: func.func public @f_jvp(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>, %[[A1:.+]]: tensor<4xi32>, %[[A2:.+]]: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi32>, tensor<4xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.sin"(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.cos"(%[[A0]])
// CHECK-NEXT:    %[[V2:.+]] = "axir.mul"(%[[A2]], %[[V1]])
// CHECK-NEXT:    %[[V3:.+]] = "axir.mul"(%[[V0]], %[[V0]])
// CHECK-NEXT:    %[[V4:.+]] = "axir.mul"(%[[V2]], %[[V0]])
// CHECK-NEXT:    %[[V5:.+]] = "axir.mul"(%[[V0]], %[[V2]])
// CHECK-NEXT:    %[[V6:.+]] = "axir.add"(%[[V4]], %[[V5]])
// CHECK-NEXT:    %[[V7:.+]] = "axir.add"(%[[A1]], %[[A1]])
// CHECK-NEXT:    return %[[V3]], %[[V7]], %[[V6]]

func.func @f(%x: tensor<4xf32>, %n: tensor<4xi32>) -> (tensor<4xf32>, tensor<4xi32>) {
  %y = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %z = "axir.mul"(%y, %y) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %m = "axir.add"(%n, %n) : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %z, %m : tensor<4xf32>, tensor<4xi32>
}
