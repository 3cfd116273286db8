// Indices are clamped: a write outside the tensor would end the process.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>, %[[A1:.+]]: tensor<4xi8>) -> tensor<3xf32>
// CHECK-NEXT:    %[[V0:.+]] = flow.dispatch.region -> (tensor<3xf32>) {
// CHECK-NEXT:    %[[V1:.+]] = tensor.empty()
// CHECK-NEXT:    %[[CST:.+]] = arith.constant 0.000000e+00
// CHECK-NEXT:    %[[C0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C3:.+]] = arith.constant 3
// CHECK-NEXT:    %[[C1:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V2:.+]] = scf.for %[[A2:.+]] = %[[C0]] to %[[C3]] step %[[C1]] iter_args(%[[A3:.+]] = %[[V1]]) -> (tensor<3xf32>) {
// CHECK-NEXT:    %[[INSERTED:.+]] = tensor.insert %[[CST]] into %[[A3]][%[[A2]]]
// CHECK-NEXT:    scf.yield %[[INSERTED]]
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[C0_0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C1_1:.+]] = arith.constant 1
// CHECK-NEXT:    %[[C1_2:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V3:.+]] = scf.for %[[A2]] = %[[C0_0]] to %[[C1_1]] step %[[C1_2]] iter_args(%[[A3]] = %[[V2]]) -> (tensor<3xf32>) {
// CHECK-NEXT:    %[[C0_3:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C4:.+]] = arith.constant 4
// CHECK-NEXT:    %[[C1_4:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V4:.+]] = scf.for %[[A4:.+]] = %[[C0_3]] to %[[C4]] step %[[C1_4]] iter_args(%[[A5:.+]] = %[[A3]]) -> (tensor<3xf32>) {
// CHECK-NEXT:    %[[C0_5:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C1_6:.+]] = arith.constant 1
// CHECK-NEXT:    %[[C1_7:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V5:.+]] = scf.for %[[A6:.+]] = %[[C0_5]] to %[[C1_6]] step %[[C1_7]] iter_args(%[[A7:.+]] = %[[A5]]) -> (tensor<3xf32>) {
// CHECK-NEXT:    %[[C4_8:.+]] = arith.constant 4
// CHECK-NEXT:    %[[V6:.+]] = arith.muli %[[A2]], %[[C4_8]]
// CHECK-NEXT:    %[[V7:.+]] = arith.addi %[[V6]], %[[A4]]
// CHECK-NEXT:    %[[C1_9:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V8:.+]] = arith.muli %[[V7]], %[[C1_9]]
// CHECK-NEXT:    %[[V9:.+]] = arith.addi %[[V8]], %[[A6]]
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[A1]][%[[V9]]]
// CHECK-NEXT:    %[[V10:.+]] = arith.extui %[[EXTRACTED]]
// CHECK-NEXT:    %[[C2_I64:.+]] = arith.constant 2
// CHECK-NEXT:    %[[V11:.+]] = arith.minui %[[V10]], %[[C2_I64]]
// CHECK-NEXT:    %[[V12:.+]] = arith.index_cast %[[V11]]
// CHECK-NEXT:    %[[C3_10:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V13:.+]] = arith.muli %[[A2]], %[[C3_10]]
// CHECK-NEXT:    %[[V14:.+]] = arith.addi %[[V13]], %[[V12]]
// CHECK-NEXT:    %[[C1_11:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V15:.+]] = arith.muli %[[V14]], %[[C1_11]]
// CHECK-NEXT:    %[[V16:.+]] = arith.addi %[[V15]], %[[A6]]
// CHECK-NEXT:    %[[EXTRACTED_12:.+]] = tensor.extract %[[A0]][%[[V9]]]
// CHECK-NEXT:    %[[EXTRACTED_13:.+]] = tensor.extract %[[A7]][%[[V16]]]
// CHECK-NEXT:    %[[V17:.+]] = arith.addf %[[EXTRACTED_13]], %[[EXTRACTED_12]]
// CHECK-NEXT:    %[[INSERTED:.+]] = tensor.insert %[[V17]] into %[[A7]][%[[V16]]]
// CHECK-NEXT:    scf.yield %[[INSERTED]]
// CHECK-NEXT:    }
// CHECK-NEXT:    scf.yield %[[V5]]
// CHECK-NEXT:    }
// CHECK-NEXT:    scf.yield %[[V4]]
// CHECK-NEXT:    }
// CHECK-NEXT:    flow.return %[[V3]]
// CHECK-NEXT:    }
// CHECK-NEXT:    return %[[V0]]

func.func @main(%x: tensor<4xf32>, %i: tensor<4xui8>) -> tensor<3xf32> {
  %a = "axir.add_along"(%x, %i) {axis = 0 : i64, size = 3 : i64} : (tensor<4xf32>, tensor<4xui8>) -> tensor<3xf32>
  return %a : tensor<3xf32>
}
