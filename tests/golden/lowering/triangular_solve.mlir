// One dispatch: the right side is copied row by row, then solved in tiles of four rows by one vector.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A:.+]]: tensor<8x8xf32>, %[[B:.+]]: tensor<8x4xf32>) -> tensor<8x4xf32>
// CHECK-NEXT:    %[[X:.+]] = flow.dispatch.region -> (tensor<8x8xf32>) {
// CHECK-NEXT:    %[[INIT:.+]] = tensor.empty() : tensor<8x8xf32>
// CHECK:         scf.for %{{.+}} iter_args(%{{.+}} = %[[INIT]]) -> (tensor<8x8xf32>) {
// CHECK:         vector.transfer_write %{{.+}} {in_bounds = [true]} : vector<8xf32>, tensor<8x8xf32>
// CHECK:         tensor.extract %[[B]]
// CHECK:         vector.transfer_read %{{.+}} {in_bounds = [true]} : tensor<8x8xf32>, vector<8xf32>
// CHECK:         tensor.extract %[[A]]
// CHECK:         arith.mulf %{{.+}} fastmath<contract> : vector<8xf32>
// CHECK:         flow.return
// CHECK:         %[[FOUND:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[X]]
// CHECK-NEXT:    %[[CUT:.+]] = tensor.extract_slice %[[FOUND]][0, 0] [8, 4] [1, 1]
// CHECK-NEXT:    return %[[CUT]]

func.func @main(%a: tensor<8x8xf32>, %b: tensor<8x4xf32>) -> tensor<8x4xf32> {
  %x = "axir.triangular_solve"(%a, %b) {left_side = 1 : i64, upper = 0 : i64, transpose_a = 0 : i64, conjugate_a = 0 : i64, unit_diagonal = 1 : i64} : (tensor<8x8xf32>, tensor<8x4xf32>) -> tensor<8x4xf32>
  return %x : tensor<8x4xf32>
}
