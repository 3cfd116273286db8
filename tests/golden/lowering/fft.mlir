// A transform is one kernel of loops; its parts become complex numbers after it.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>>
// CHECK-NEXT:    %[[V0:.+]] = util.optimization_barrier %[[A0]]
// CHECK-NEXT:    %[[CST:.+]] = arith.constant dense<[1.000000e+00, -1.000000e+00]>
// CHECK-NEXT:    %[[CST_0:.+]] = arith.constant dense<[-0.000000e+00, 0.000000e+00]>
// CHECK-NEXT:    %[[V1:.+]]:2 = flow.dispatch.region -> (tensor<2x2xf32>, tensor<2x2xf32>) {
// CHECK-NEXT:    %[[V4:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V5:.+]] = tensor.empty()
// CHECK-NEXT:    %[[C0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C2:.+]] = arith.constant 2
// CHECK-NEXT:    %[[C1:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V6:.+]]:2 = scf.for %[[A1:.+]] = %[[C0]] to %[[C2]] step %[[C1]] iter_args(%[[A2:.+]] = %[[V4]], %[[A3:.+]] = %[[V5]]) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
// CHECK-NEXT:    %[[C0_1:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C0_2:.+]] = arith.constant 0
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[V0]][%[[A1]], %[[C0_2]]]
// CHECK-NEXT:    %[[V7:.+]] = complex.re %[[EXTRACTED]]
// CHECK-NEXT:    %[[V8:.+]] = complex.im %[[EXTRACTED]]
// CHECK-NEXT:    %[[C1_3:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V9:.+]] = arith.addi %[[C0_2]], %[[C1_3]]
// CHECK-NEXT:    %[[EXTRACTED_4:.+]] = tensor.extract %[[V0]][%[[A1]], %[[V9]]]
// CHECK-NEXT:    %[[V10:.+]] = complex.re %[[EXTRACTED_4]]
// CHECK-NEXT:    %[[V11:.+]] = complex.im %[[EXTRACTED_4]]
// CHECK-NEXT:    %[[V12:.+]] = arith.addf %[[V7]], %[[V10]]
// CHECK-NEXT:    %[[V13:.+]] = arith.addf %[[V8]], %[[V11]]
// CHECK-NEXT:    %[[V14:.+]] = arith.subf %[[V7]], %[[V10]]
// CHECK-NEXT:    %[[V15:.+]] = arith.subf %[[V8]], %[[V11]]
// CHECK-NEXT:    %[[C1_5:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V16:.+]] = arith.addi %[[C0_2]], %[[C1_5]]
// CHECK-NEXT:    %[[INSERTED:.+]] = tensor.insert %[[V12]] into %[[A2]][%[[A1]], %[[C0_2]]]
// CHECK-NEXT:    %[[INSERTED_6:.+]] = tensor.insert %[[V13]] into %[[A3]][%[[A1]], %[[C0_2]]]
// CHECK-NEXT:    %[[INSERTED_7:.+]] = tensor.insert %[[V14]] into %[[INSERTED]][%[[A1]], %[[V16]]]
// CHECK-NEXT:    %[[INSERTED_8:.+]] = tensor.insert %[[V15]] into %[[INSERTED_6]][%[[A1]], %[[V16]]]
// CHECK-NEXT:    scf.yield %[[INSERTED_7]], %[[INSERTED_8]]
// CHECK-NEXT:    }
// CHECK-NEXT:    flow.return %[[V6]]#0, %[[V6]]#1
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[V2:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V3:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%[[V1]]#0, %[[V1]]#1 : tensor<2x2xf32>, tensor<2x2xf32>) outs(%[[V2]] : tensor<2x2xcomplex<f32>>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_1:.+]]: f32, %[[OUT:.+]]: complex<f32>):
// CHECK-NEXT:    %[[V4:.+]] = complex.create %[[IN]], %[[IN_1]]
// CHECK-NEXT:    linalg.yield %[[V4]]
// CHECK-NEXT:    } -> tensor<2x2xcomplex<f32>>
// CHECK-NEXT:    return %[[V3]]

func.func @main(%x: tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>> {
  %z = "axir.fft"(%x) {kind = "fft", lengths = array<i64: 2>} : (tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>>
  return %z : tensor<2x2xcomplex<f32>>
}
