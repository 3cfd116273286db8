// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    ) -> tensor<2x3xi32>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map], iterator_types = ["parallel", "parallel"]} outs(%[[V0]] : tensor<2x3xi32>) {
// CHECK-NEXT:    ^bb0(%[[OUT:.+]]: i32):
// CHECK-NEXT:    %[[V2:.+]] = linalg.index 1
// CHECK-NEXT:    %[[V3:.+]] = arith.index_cast %[[V2]]
// CHECK-NEXT:    linalg.yield %[[V3]]
// CHECK-NEXT:    } -> tensor<2x3xi32>
// CHECK-NEXT:    return %[[V1]]

func.func @main() -> tensor<2x3xi32> {
  %a = "axir.iota"() {shape = array<i64: 2, 3>, dimension = 1 : i64, dtype = i32} : () -> tensor<2x3xi32>
  return %a : tensor<2x3xi32>
}
