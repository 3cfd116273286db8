// A conversion to the same dtype, and a slice that takes everything. A conversion there and back stays.
// RUN: axir opt %s --passes 'canonicalize' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.convert"(%[[A0]]) {dtype = f16}
// CHECK-NEXT:    %[[V1:.+]] = "axir.convert"(%[[V0]]) {dtype = f32}
// CHECK-NEXT:    return %[[A0]], %[[A0]], %[[V1]]

func.func @f(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %a = "axir.convert"(%x) {dtype = f32} : (tensor<4xf32>) -> tensor<4xf32>
  %b = "axir.slice"(%x) {start = array<i64: 0>, limit = array<i64: 4>, stride = array<i64: 1>} : (tensor<4xf32>) -> tensor<4xf32>
  %c = "axir.convert"(%x) {dtype = f16} : (tensor<4xf32>) -> tensor<4xf16>
  %d = "axir.convert"(%c) {dtype = f32} : (tensor<4xf16>) -> tensor<4xf32>
  return %a, %b, %d : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
