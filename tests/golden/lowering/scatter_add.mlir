// One kernel copies the operand, then adds the updates one by one; those outside are left out by a branch.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[X:.+]]: tensor<5xf32>, %[[I:.+]]: tensor<4x1xi32>, %[[U:.+]]: tensor<4xf32>) -> tensor<5xf32>
// CHECK-NEXT:    %[[OUT:.+]] = flow.dispatch.region -> (tensor<5xf32>) {
// CHECK-NEXT:    %[[EMPTY:.+]] = tensor.empty()
// CHECK:         %[[FOUR:.+]] = vector.transfer_read %[[X]]
// CHECK:         %[[PART:.+]] = vector.transfer_write %[[FOUR]], %[[EMPTY]]
// CHECK:         %[[LAST:.+]] = tensor.extract %[[X]]
// CHECK-NEXT:    %[[COPY:.+]] = tensor.insert %[[LAST]] into %[[PART]]
// CHECK:         %[[SUM:.+]] = scf.for %[[K:.+]] = {{.+}} iter_args(%[[S:.+]] = %[[COPY]]) -> (tensor<5xf32>) {
// CHECK:         %[[GIVEN:.+]] = tensor.extract %[[I]][%[[K]], {{.+}}]
// CHECK:         %[[BELOW:.+]] = arith.minsi %[[GIVEN]], {{.+}}
// CHECK-NEXT:    %[[INSIDE:.+]] = arith.maxsi %[[BELOW]], {{.+}}
// CHECK:         %[[FITS:.+]] = arith.cmpi eq, %[[INSIDE]], %[[GIVEN]]
// CHECK-NEXT:    %[[NEXT:.+]] = scf.if %[[FITS]] -> (tensor<5xf32>) {
// CHECK:         %[[UPDATE:.+]] = tensor.extract %[[U]]
// CHECK:         arith.addf {{.+}}, %[[UPDATE]]
// CHECK:         } else {
// CHECK-NEXT:    scf.yield %[[S]]
// CHECK:         flow.return %[[SUM]]
// CHECK:         return %[[OUT]]

func.func @main(%x: tensor<5xf32>, %i: tensor<4x1xi32>, %u: tensor<4xf32>) -> tensor<5xf32> {
  %a = "axir.scatter_add"(%x, %i, %u) {offset_dims = array<i64>, collapsed_slice_dims = array<i64: 0>, start_index_map = array<i64: 0>, operand_batching_dims = array<i64>, start_indices_batching_dims = array<i64>, mode = "drop", unique_indices = 0 : i64} : (tensor<5xf32>, tensor<4x1xi32>, tensor<4xf32>) -> tensor<5xf32>
  return %a : tensor<5xf32>
}
