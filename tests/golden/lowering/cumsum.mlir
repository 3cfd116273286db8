// Along an axis with others behind it: rows are added to the row before, neighbours in memory one after the other.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4x3xf32>) -> tensor<4x3xf32>
// CHECK-NEXT:    %[[COLLAPSED:.+]] = tensor.collapse_shape %[[A0]] [[0, 1]]
// CHECK-NEXT:    %[[V0:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[COLLAPSED]]
// CHECK-NEXT:    %[[V1:.+]] = flow.dispatch.region -> (tensor<12xf32>) {
// CHECK-NEXT:    %[[V3:.+]] = tensor.empty()
// CHECK-NEXT:    %[[C0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C1:.+]] = arith.constant 1
// CHECK-NEXT:    %[[C1_0:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V4:.+]] = scf.for %[[A1:.+]] = %[[C0]] to %[[C1]] step %[[C1_0]] iter_args(%[[A2:.+]] = %[[V3]]) -> (tensor<12xf32>) {
// CHECK-NEXT:    %[[C0_1:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C3:.+]] = arith.constant 3
// CHECK-NEXT:    %[[C1_2:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V5:.+]] = scf.for %[[A3:.+]] = %[[C0_1]] to %[[C3]] step %[[C1_2]] iter_args(%[[A4:.+]] = %[[A2]]) -> (tensor<12xf32>) {
// CHECK-NEXT:    %[[C0_5:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C3_6:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V7:.+]] = arith.subi %[[C3_6]], %[[C0_5]]
// CHECK-NEXT:    %[[C4_7:.+]] = arith.constant 4
// CHECK-NEXT:    %[[V8:.+]] = arith.muli %[[A1]], %[[C4_7]]
// CHECK-NEXT:    %[[V9:.+]] = arith.addi %[[V8]], %[[V7]]
// CHECK-NEXT:    %[[C3_8:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V10:.+]] = arith.muli %[[V9]], %[[C3_8]]
// CHECK-NEXT:    %[[V11:.+]] = arith.addi %[[V10]], %[[A3]]
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[V0]][%[[V11]]]
// CHECK-NEXT:    %[[C0_9:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C3_10:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V12:.+]] = arith.subi %[[C3_10]], %[[C0_9]]
// CHECK-NEXT:    %[[C4_11:.+]] = arith.constant 4
// CHECK-NEXT:    %[[V13:.+]] = arith.muli %[[A1]], %[[C4_11]]
// CHECK-NEXT:    %[[V14:.+]] = arith.addi %[[V13]], %[[V12]]
// CHECK-NEXT:    %[[C3_12:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V15:.+]] = arith.muli %[[V14]], %[[C3_12]]
// CHECK-NEXT:    %[[V16:.+]] = arith.addi %[[V15]], %[[A3]]
// CHECK-NEXT:    %[[INSERTED:.+]] = tensor.insert %[[EXTRACTED]] into %[[A4]][%[[V16]]]
// CHECK-NEXT:    scf.yield %[[INSERTED]]
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[C1_3:.+]] = arith.constant 1
// CHECK-NEXT:    %[[C4:.+]] = arith.constant 4
// CHECK-NEXT:    %[[C1_4:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V6:.+]] = scf.for %[[A3]] = %[[C1_3]] to %[[C4]] step %[[C1_4]] iter_args(%[[A4]] = %[[V5]]) -> (tensor<12xf32>) {
// CHECK-NEXT:    %[[C1_5:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V7:.+]] = arith.subi %[[A3]], %[[C1_5]]
// CHECK-NEXT:    %[[C0_6:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C3_7:.+]] = arith.constant 3
// CHECK-NEXT:    %[[C1_8:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V8:.+]] = scf.for %[[A5:.+]] = %[[C0_6]] to %[[C3_7]] step %[[C1_8]] iter_args(%[[A6:.+]] = %[[A4]]) -> (tensor<12xf32>) {
// CHECK-NEXT:    %[[C3_9:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V9:.+]] = arith.subi %[[C3_9]], %[[A3]]
// CHECK-NEXT:    %[[C4_10:.+]] = arith.constant 4
// CHECK-NEXT:    %[[V10:.+]] = arith.muli %[[A1]], %[[C4_10]]
// CHECK-NEXT:    %[[V11:.+]] = arith.addi %[[V10]], %[[V9]]
// CHECK-NEXT:    %[[C3_11:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V12:.+]] = arith.muli %[[V11]], %[[C3_11]]
// CHECK-NEXT:    %[[V13:.+]] = arith.addi %[[V12]], %[[A5]]
// CHECK-NEXT:    %[[C3_12:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V14:.+]] = arith.subi %[[C3_12]], %[[V7]]
// CHECK-NEXT:    %[[C4_13:.+]] = arith.constant 4
// CHECK-NEXT:    %[[V15:.+]] = arith.muli %[[A1]], %[[C4_13]]
// CHECK-NEXT:    %[[V16:.+]] = arith.addi %[[V15]], %[[V14]]
// CHECK-NEXT:    %[[C3_14:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V17:.+]] = arith.muli %[[V16]], %[[C3_14]]
// CHECK-NEXT:    %[[V18:.+]] = arith.addi %[[V17]], %[[A5]]
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[A6]][%[[V18]]]
// CHECK-NEXT:    %[[EXTRACTED_15:.+]] = tensor.extract %[[V0]][%[[V13]]]
// CHECK-NEXT:    %[[V19:.+]] = arith.addf %[[EXTRACTED]], %[[EXTRACTED_15]]
// CHECK-NEXT:    %[[INSERTED:.+]] = tensor.insert %[[V19]] into %[[A6]][%[[V13]]]
// CHECK-NEXT:    scf.yield %[[INSERTED]]
// CHECK-NEXT:    }
// CHECK-NEXT:    scf.yield %[[V8]]
// CHECK-NEXT:    }
// CHECK-NEXT:    scf.yield %[[V6]]
// CHECK-NEXT:    }
// CHECK-NEXT:    flow.return %[[V4]]
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[V2:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[V1]]
// CHECK-NEXT:    %[[EXPANDED:.+]] = tensor.expand_shape %[[V2]] [[0, 1]] output_shape [4, 3]
// CHECK-NEXT:    return %[[EXPANDED]]

func.func @main(%x: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %a = "axir.cumsum"(%x) {axis = 0 : i64, reverse = true} : (tensor<4x3xf32>) -> tensor<4x3xf32>
  return %a : tensor<4x3xf32>
}
