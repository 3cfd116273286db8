// Equal ops on equal operands are computed once, calls too. Other attributes or another order are other ops.
// RUN: axir opt %s --passes 'cse' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<4xi64>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.sin"(%[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = "axir.sub"(%[[V0]], %[[A0]])
// CHECK-NEXT:    %[[V2:.+]] = "axir.sub"(%[[A0]], %[[V0]])
// CHECK-NEXT:    %[[V3:.+]] = call @g(%[[V1]])
// CHECK-NEXT:    %[[V4:.+]] = "axir.add"(%[[V3]], %[[V3]])
// CHECK-NEXT:    %[[V5:.+]] = "axir.convert"(%[[A0]]) {dtype = i32}
// CHECK-NEXT:    %[[V6:.+]] = "axir.convert"(%[[A0]]) {dtype = i64}
// CHECK-NEXT:    return %[[V2]], %[[V4]], %[[V5]], %[[V6]]

func.func private @g(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
func.func @f(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<4xi64>) {
  %a = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %b = "axir.sin"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %c = "axir.sub"(%a, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %d = "axir.sub"(%x, %b) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %e = func.call @g(%c) : (tensor<4xf32>) -> tensor<4xf32>
  %g = func.call @g(%c) : (tensor<4xf32>) -> tensor<4xf32>
  %h = "axir.add"(%e, %g) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %i = "axir.convert"(%x) {dtype = i32} : (tensor<4xf32>) -> tensor<4xi32>
  %j = "axir.convert"(%x) {dtype = i64} : (tensor<4xf32>) -> tensor<4xi64>
  return %d, %h, %i, %j : tensor<4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<4xi64>
}
