// One divided by x stays.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<i32>) -> (tensor<i32>, tensor<i32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.constant"() {value = dense<1> : tensor<i32>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.div"(%[[V0]], %[[A0]])
// CHECK-NEXT:    return %[[A0]], %[[V1]]

func.func @f(%x: tensor<i32>) -> (tensor<i32>, tensor<i32>) {
  %one = "axir.constant"() {value = dense<1> : tensor<i32>} : () -> tensor<i32>
  %a = "axir.div"(%x, %one) : (tensor<i32>, tensor<i32>) -> tensor<i32>
  %b = "axir.div"(%one, %x) : (tensor<i32>, tensor<i32>) -> tensor<i32>
  return %a, %b : tensor<i32>, tensor<i32>
}
