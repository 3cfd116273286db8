// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4x6xf32>) -> (tensor<24xf32>, tensor<3x8xf32>)
// CHECK-NEXT:    %[[COLLAPSED:.+]] = tensor.collapse_shape %[[A0]] [[0, 1]]
// CHECK-NEXT:    %[[COLLAPSED_0:.+]] = tensor.collapse_shape %[[A0]] [[0, 1]]
// CHECK-NEXT:    %[[EXPANDED:.+]] = tensor.expand_shape %[[COLLAPSED_0]] [[0, 1]] output_shape [3, 8]
// CHECK-NEXT:    return %[[COLLAPSED]], %[[EXPANDED]]

func.func @main(%x: tensor<4x6xf32>) -> (tensor<24xf32>, tensor<3x8xf32>) {
  %a = "axir.reshape"(%x) {shape = array<i64: 24>} : (tensor<4x6xf32>) -> tensor<24xf32>
  %b = "axir.reshape"(%x) {shape = array<i64: 3, 8>} : (tensor<4x6xf32>) -> tensor<3x8xf32>
  return %a, %b : tensor<24xf32>, tensor<3x8xf32>
}
