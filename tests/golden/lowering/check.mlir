// Checks for debugging are nothing in a compiled program.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-NOT:     axir.check
// CHECK:         return

func.func @main(%failed: tensor<i1>, %x: tensor<3xf32>) -> tensor<3xf32> {
  "axir.check"(%failed, %x) {error = 0 : i64, debug = true} : (tensor<i1>, tensor<3xf32>) -> ()
  return %x : tensor<3xf32>
}
