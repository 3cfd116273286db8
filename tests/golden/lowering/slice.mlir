// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<7x5xf32>) -> tensor<3x4xf32>
// CHECK-NEXT:    %[[EXTRACTED_SLICE:.+]] = tensor.extract_slice %[[A0]][1, 0] [3, 4] [2, 1]
// CHECK-NEXT:    return %[[EXTRACTED_SLICE]]

func.func @main(%x: tensor<7x5xf32>) -> tensor<3x4xf32> {
  %a = "axir.slice"(%x) {start = array<i64: 1, 0>, limit = array<i64: 7, 4>, stride = array<i64: 2, 1>} : (tensor<7x5xf32>) -> tensor<3x4xf32>
  return %a : tensor<3x4xf32>
}
