// A transform is one kernel of loops; its parts become complex numbers after it.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>>
// CHECK-NEXT:    %[[V0:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[A0]]
// CHECK-NEXT:    %[[V1:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[V0]]
// CHECK-NEXT:    %[[CST:.+]] = arith.constant dense<[1.000000e+00, -1.000000e+00]>
// CHECK-NEXT:    %[[CST_0:.+]] = arith.constant dense<[-0.000000e+00, 0.000000e+00]>
// CHECK-NEXT:    %[[V2:.+]]:2 = flow.dispatch.region -> (tensor<2x2xf32>, tensor<2x2xf32>) {
// CHECK-NEXT:    %[[V7:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V8:.+]] = tensor.empty()
// CHECK-NEXT:    %[[C0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C2:.+]] = arith.constant 2
// CHECK-NEXT:    %[[C1:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V9:.+]]:2 = scf.for %[[A1:.+]] = %[[C0]] to %[[C2]] step %[[C1]] iter_args(%[[A2:.+]] = %[[V7]], %[[A3:.+]] = %[[V8]]) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
// CHECK-NEXT:    %[[C0_1:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C0_2:.+]] = arith.constant 0
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[V1]][%[[A1]], %[[C0_2]]]
// CHECK-NEXT:    %[[V10:.+]] = complex.re %[[EXTRACTED]]
// CHECK-NEXT:    %[[V11:.+]] = complex.im %[[EXTRACTED]]
// CHECK-NEXT:    %[[C1_3:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V12:.+]] = arith.addi %[[C0_2]], %[[C1_3]]
// CHECK-NEXT:    %[[EXTRACTED_4:.+]] = tensor.extract %[[V1]][%[[A1]], %[[V12]]]
// CHECK-NEXT:    %[[V13:.+]] = complex.re %[[EXTRACTED_4]]
// CHECK-NEXT:    %[[V14:.+]] = complex.im %[[EXTRACTED_4]]
// CHECK-NEXT:    %[[V15:.+]] = arith.addf %[[V10]], %[[V13]]
// CHECK-NEXT:    %[[V16:.+]] = arith.addf %[[V11]], %[[V14]]
// CHECK-NEXT:    %[[V17:.+]] = arith.subf %[[V10]], %[[V13]]
// CHECK-NEXT:    %[[V18:.+]] = arith.subf %[[V11]], %[[V14]]
// CHECK-NEXT:    %[[C1_5:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V19:.+]] = arith.addi %[[C0_2]], %[[C1_5]]
// CHECK-NEXT:    %[[INSERTED:.+]] = tensor.insert %[[V15]] into %[[A2]][%[[A1]], %[[C0_2]]]
// CHECK-NEXT:    %[[INSERTED_6:.+]] = tensor.insert %[[V16]] into %[[A3]][%[[A1]], %[[C0_2]]]
// CHECK-NEXT:    %[[INSERTED_7:.+]] = tensor.insert %[[V17]] into %[[INSERTED]][%[[A1]], %[[V19]]]
// CHECK-NEXT:    %[[INSERTED_8:.+]] = tensor.insert %[[V18]] into %[[INSERTED_6]][%[[A1]], %[[V19]]]
// CHECK-NEXT:    scf.yield %[[INSERTED_7]], %[[INSERTED_8]]
// CHECK-NEXT:    }
// CHECK-NEXT:    flow.return %[[V9]]#0, %[[V9]]#1
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[V3:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[V2]]#1
// CHECK-NEXT:    %[[V4:.+]] = util.optimization_barrier {axir.kernel_barrier} %[[V2]]#0
// CHECK-NEXT:    %[[V5:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V6:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel"]} ins(%[[V4]], %[[V3]] : tensor<2x2xf32>, tensor<2x2xf32>) outs(%[[V5]] : tensor<2x2xcomplex<f32>>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_1:.+]]: f32, %[[OUT:.+]]: complex<f32>):
// CHECK-NEXT:    %[[V7:.+]] = complex.create %[[IN]], %[[IN_1]]
// CHECK-NEXT:    linalg.yield %[[V7]]
// CHECK-NEXT:    } -> tensor<2x2xcomplex<f32>>
// CHECK-NEXT:    return %[[V6]]

func.func @main(%x: tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>> {
  %z = "axir.fft"(%x) {kind = "fft", lengths = array<i64: 2>} : (tensor<2x2xcomplex<f32>>) -> tensor<2x2xcomplex<f32>>
  return %z : tensor<2x2xcomplex<f32>>
}
