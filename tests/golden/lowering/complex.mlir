// Complex numbers are taken apart inside the kernel.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>, %[[A1:.+]]: tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%[[A0]], %[[A1]] : tensor<4xf32>, tensor<4xf32>) outs(%[[V0]] : tensor<4xcomplex<f32>>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_0:.+]]: f32, %[[OUT:.+]]: complex<f32>):
// CHECK-NEXT:    %[[V6:.+]] = complex.create %[[IN]], %[[IN_0]]
// CHECK-NEXT:    linalg.yield %[[V6]]
// CHECK-NEXT:    } -> tensor<4xcomplex<f32>>
// CHECK-NEXT:    %[[V2:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V3:.+]] = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%[[V1]] : tensor<4xcomplex<f32>>) outs(%[[V2]] : tensor<4xcomplex<f32>>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: complex<f32>, %[[OUT:.+]]: complex<f32>):
// CHECK-NEXT:    %[[V6:.+]] = complex.re %[[IN]]
// CHECK-NEXT:    %[[V7:.+]] = complex.im %[[IN]]
// CHECK-NEXT:    %[[V8:.+]] = arith.negf %[[V7]]
// CHECK-NEXT:    %[[V9:.+]] = complex.create %[[V6]], %[[V8]]
// CHECK-NEXT:    linalg.yield %[[V9]]
// CHECK-NEXT:    } -> tensor<4xcomplex<f32>>
// CHECK-NEXT:    %[[V4:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V5:.+]] = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%[[V3]] : tensor<4xcomplex<f32>>) outs(%[[V4]] : tensor<4xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: complex<f32>, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V6:.+]] = complex.im %[[IN]]
// CHECK-NEXT:    linalg.yield %[[V6]]
// CHECK-NEXT:    } -> tensor<4xf32>
// CHECK-NEXT:    return %[[V5]]

func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %z = "axir.complex"(%x, %y) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xcomplex<f32>>
  %w = "axir.conj"(%z) : (tensor<4xcomplex<f32>>) -> tensor<4xcomplex<f32>>
  %i = "axir.imag"(%w) : (tensor<4xcomplex<f32>>) -> tensor<4xf32>
  return %i : tensor<4xf32>
}
