// One dispatch whose only result holds R, then Q, both transposed, four reflectors and how they combine.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A:.+]]: tensor<5x3xf32>) -> (tensor<5x3xf32>, tensor<3x3xf32>)
// CHECK-NEXT:    %[[ALL:.+]] = flow.dispatch.region -> (tensor<22x8xf32>) {
// CHECK:         tensor.extract %[[A]]
// CHECK:         arith.maximumf
// CHECK:         math.sqrt
// CHECK:         math.copysign
// CHECK:         vector.reduction <add>
// CHECK:         flow.return
// CHECK:         %[[BOTH:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[ALL]]
// CHECK:         tensor.extract_slice %[[BOTH]][0, 0] [3, 3] [1, 1]
// CHECK:         tensor.extract_slice %[[BOTH]][7, 0] [3, 5] [1, 1]

func.func @main(%a: tensor<5x3xf32>) -> (tensor<5x3xf32>, tensor<3x3xf32>) {
  %q, %r = "axir.qr"(%a) {full_matrices = 0 : i64} : (tensor<5x3xf32>) -> (tensor<5x3xf32>, tensor<3x3xf32>)
  return %q, %r : tensor<5x3xf32>, tensor<3x3xf32>
}
