// Few elements: each one's place is the number of those before it, equal ones in their order.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<5xi32>, %[[A1:.+]]: tensor<5xf32>) -> (tensor<5xi32>, tensor<5xf32>)
// CHECK-NEXT:    %[[EXPANDED:.+]] = tensor.expand_shape %[[A0]] [[0, 1]] output_shape [1, 5]
// CHECK-NEXT:    %[[V0:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[EXPANDED]]
// CHECK-NEXT:    %[[EXPANDED_0:.+]] = tensor.expand_shape %[[A1]] [[0, 1]] output_shape [1, 5]
// CHECK-NEXT:    %[[V1:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[EXPANDED_0]]
// CHECK-NEXT:    %[[V2:.+]]:2 = flow.dispatch.region -> (tensor<1x5xi32>, tensor<1x5xf32>) {
// CHECK-NEXT:    %[[V5:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V6:.+]] = tensor.empty()
// CHECK-NEXT:    %[[C0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C1:.+]] = arith.constant 1
// CHECK-NEXT:    %[[C1_2:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V7:.+]]:2 = scf.for %[[A2:.+]] = %[[C0]] to %[[C1]] step %[[C1_2]] iter_args(%[[A3:.+]] = %[[V5]], %[[A4:.+]] = %[[V6]]) -> (tensor<1x5xi32>, tensor<1x5xf32>) {
// CHECK-NEXT:    %[[C0_3:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C5:.+]] = arith.constant 5
// CHECK-NEXT:    %[[C1_4:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V8:.+]]:2 = scf.for %[[A5:.+]] = %[[C0_3]] to %[[C5]] step %[[C1_4]] iter_args(%[[A6:.+]] = %[[A3]], %[[A7:.+]] = %[[A4]]) -> (tensor<1x5xi32>, tensor<1x5xf32>) {
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[V0]][%[[A2]], %[[A5]]]
// CHECK-NEXT:    %[[CM2147483648_I32:.+]] = arith.constant -2147483648
// CHECK-NEXT:    %[[V9:.+]] = arith.xori %[[EXTRACTED]], %[[CM2147483648_I32]]
// CHECK-NEXT:    %[[C0_5:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C0_6:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C5_7:.+]] = arith.constant 5
// CHECK-NEXT:    %[[C1_8:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V10:.+]] = scf.for %[[A8:.+]] = %[[C0_6]] to %[[C5_7]] step %[[C1_8]] iter_args(%[[A9:.+]] = %[[C0_5]]) -> (index) {
// CHECK-NEXT:    %[[EXTRACTED_12:.+]] = tensor.extract %[[V0]][%[[A2]], %[[A8]]]
// CHECK-NEXT:    %[[CM2147483648_I32_13:.+]] = arith.constant -2147483648
// CHECK-NEXT:    %[[V11:.+]] = arith.xori %[[EXTRACTED_12]], %[[CM2147483648_I32_13]]
// CHECK-NEXT:    %[[V12:.+]] = arith.cmpi slt, %[[A8]], %[[A5]]
// CHECK-NEXT:    %[[V13:.+]] = arith.cmpi ult, %[[V11]], %[[V9]]
// CHECK-NEXT:    %[[V14:.+]] = arith.cmpi eq, %[[V11]], %[[V9]]
// CHECK-NEXT:    %[[V15:.+]] = arith.andi %[[V14]], %[[V12]]
// CHECK-NEXT:    %[[V16:.+]] = arith.ori %[[V13]], %[[V15]]
// CHECK-NEXT:    %[[V17:.+]] = arith.index_castui %[[V16]]
// CHECK-NEXT:    %[[V18:.+]] = arith.addi %[[A9]], %[[V17]]
// CHECK-NEXT:    scf.yield %[[V18]]
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[EXTRACTED_9:.+]] = tensor.extract %[[V0]][%[[A2]], %[[A5]]]
// CHECK-NEXT:    %[[INSERTED:.+]] = tensor.insert %[[EXTRACTED_9]] into %[[A6]][%[[A2]], %[[V10]]]
// CHECK-NEXT:    %[[EXTRACTED_10:.+]] = tensor.extract %[[V1]][%[[A2]], %[[A5]]]
// CHECK-NEXT:    %[[INSERTED_11:.+]] = tensor.insert %[[EXTRACTED_10]] into %[[A7]][%[[A2]], %[[V10]]]
// CHECK-NEXT:    scf.yield %[[INSERTED]], %[[INSERTED_11]]
// CHECK-NEXT:    }
// CHECK-NEXT:    scf.yield %[[V8]]#0, %[[V8]]#1
// CHECK-NEXT:    }
// CHECK-NEXT:    flow.return %[[V7]]#0, %[[V7]]#1
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[V3:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[V2]]#1
// CHECK-NEXT:    %[[V4:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[V2]]#0
// CHECK-NEXT:    %[[COLLAPSED:.+]] = tensor.collapse_shape %[[V4]] [[0, 1]]
// CHECK-NEXT:    %[[COLLAPSED_1:.+]] = tensor.collapse_shape %[[V3]] [[0, 1]]
// CHECK-NEXT:    return %[[COLLAPSED]], %[[COLLAPSED_1]]

func.func @main(%x: tensor<5xi32>, %y: tensor<5xf32>) -> (tensor<5xi32>, tensor<5xf32>) {
  %a:2 = "axir.sort"(%x, %y) {dimension = 0 : i64, num_keys = 1 : i64} : (tensor<5xi32>, tensor<5xf32>) -> (tensor<5xi32>, tensor<5xf32>)
  return %a#0, %a#1 : tensor<5xi32>, tensor<5xf32>
}
