// A radix sort: one pass for each byte of the key, between two halves of a scratch tensor.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK:       %[[V0:.+]]:2 = flow.dispatch.region -> (tensor<1x100xi16>, tensor<2x100xi16>) {
// The passes; each one counts the digits.
// CHECK:         scf.for %[[PASS:.+]] = %{{.+}} to %{{.+}} step %{{.+}} iter_args(%[[HALF:.+]] = %{{.+}}, %[[X:.+]] = %{{.+}}) -> (index, tensor<2x100xi16>) {
// CHECK:           %[[COUNTS:.+]] = tensor.empty() : tensor<256xi32>
// A digit that all 100 elements share needs no move.
// CHECK:           %[[FIRST:.+]] = tensor.extract %[[X]][%[[HALF]], %{{.+}}] : tensor<2x100xi16>
// CHECK:           %[[SHARED:.+]] = arith.cmpi eq, %{{.+}}, %[[ALL:.+]] : i32
// CHECK:           %[[OTHER:.+]] = arith.subi %{{.+}}, %[[HALF]] : index
// CHECK:           %[[STEPS:.+]] = arith.select %[[SHARED]], %{{.+}}, %{{.+}} : index
// CHECK:           scf.for %[[I:.+]] = %{{.+}} to %[[STEPS]]
// CHECK:             %[[ELEMENT:.+]] = tensor.extract %[[Y:.+]][%[[HALF]], %[[I]]] : tensor<2x100xi16>
// CHECK:             tensor.insert %{{.+}} into %[[Y]][%[[OTHER]], %{{.+}}] : tensor<2x100xi16>
// CHECK:           arith.select %[[SHARED]], %[[HALF]], %[[OTHER]] : index
// The scratch tensor would lie on the stack if nothing used it.
// CHECK:       %[[SCRATCH:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[V0]]#1
// CHECK:       util.optimization_barrier %[[SCRATCH]]

func.func @main(%x: tensor<100xui16>) -> tensor<100xui16> {
  %a = "axir.sort"(%x) {dimension = 0 : i64, num_keys = 1 : i64} : (tensor<100xui16>) -> tensor<100xui16>
  return %a : tensor<100xui16>
}
