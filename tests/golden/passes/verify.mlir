// A module that keeps every rule comes out as it went in; golden/invalid holds the others.
// RUN: axir opt %s --passes verify | filecheck %s

// CHECK-LABEL: func.func private @g(
// CHECK-SAME:    %[[X:.+]]: tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT:    %[[Y:.+]] = "axir.sin"(%[[X]])
// CHECK-NEXT:    return %[[Y]]
func.func private @g(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = "axir.sin"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[X:.+]]: tensor<2xf32>, %[[T:.+]]: tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT:    %[[Y:.+]]:2 = "axir.jvp"(%[[X]], %[[T]]) {callee = @g, wrt = array<i64: 0>}
// CHECK-NEXT:    %[[Z:.+]] = call @g(%[[Y]]#1)
// CHECK-NEXT:    return %[[Z]]
func.func @f(%x: tensor<2xf32>, %t: tensor<2xf32>) -> tensor<2xf32> {
  %y:2 = "axir.jvp"(%x, %t) {callee = @g, wrt = array<i64: 0>} : (tensor<2xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
  %z = call @g(%y#1) : (tensor<2xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
