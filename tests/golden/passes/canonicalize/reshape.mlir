// Reshapes in a row are one; one that changes nothing is none.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<2x6xf32>) -> (tensor<3x4xf32>, tensor<2x6xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.reshape"(%[[A0]]) {shape = array<i64: 12>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.reshape"(%[[A0]]) {shape = array<i64: 3, 4>}
// CHECK-NEXT:    return %[[V1]], %[[A0]]

func.func @f(%x: tensor<2x6xf32>) -> (tensor<3x4xf32>, tensor<2x6xf32>) {
  %a = "axir.reshape"(%x) {shape = array<i64: 12>} : (tensor<2x6xf32>) -> tensor<12xf32>
  %b = "axir.reshape"(%a) {shape = array<i64: 3, 4>} : (tensor<12xf32>) -> tensor<3x4xf32>
  %c = "axir.reshape"(%a) {shape = array<i64: 2, 6>} : (tensor<12xf32>) -> tensor<2x6xf32>
  return %b, %c : tensor<3x4xf32>, tensor<2x6xf32>
}
