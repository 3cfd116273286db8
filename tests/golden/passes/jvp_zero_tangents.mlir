// floor, comparisons and stop_gradient end a tangent: the first two results have none.
// RUN: axir opt %s --passes 'jvp{func=f}' | filecheck %s

// CHECK-LABEL: func.func public @f_jvp(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>, %[[A1:.+]]: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi1>, tensor<4xf32>, tensor<4xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.floor"(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.compare"(%[[A0]], %[[V0]]) {direction = "lt"}
// CHECK-NEXT:    %[[V2:.+]] = "axir.stop_gradient"(%[[A0]])
// CHECK-NEXT:    %[[V3:.+]] = "axir.mul"(%[[V2]], %[[A0]])
// CHECK-NEXT:    %[[V4:.+]] = "axir.mul"(%[[V2]], %[[A1]])
// CHECK-NEXT:    return %[[V0]], %[[V1]], %[[V3]], %[[V4]]

func.func @f(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xi1>, tensor<4xf32>) {
  %a = "axir.floor"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %b = "axir.compare"(%x, %a) {direction = "lt"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  %c = "axir.stop_gradient"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %d = "axir.mul"(%c, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %a, %b, %d : tensor<4xf32>, tensor<4xi1>, tensor<4xf32>
}
