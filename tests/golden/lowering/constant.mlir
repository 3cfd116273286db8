// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    ) -> (tensor<f32>, tensor<i8>)
// CHECK-NEXT:    %[[CST:.+]] = arith.constant dense<2.500000e+00>
// CHECK-NEXT:    %[[CST_0:.+]] = arith.constant dense<-56>
// CHECK-NEXT:    return %[[CST]], %[[CST_0]]

func.func @main() -> (tensor<f32>, tensor<ui8>) {
  %a = "axir.constant"() {value = dense<2.5> : tensor<f32>} : () -> tensor<f32>
  %b = "axir.constant"() {value = dense<200> : tensor<ui8>} : () -> tensor<ui8>
  return %a, %b : tensor<f32>, tensor<ui8>
}
