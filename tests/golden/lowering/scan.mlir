// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>, %[[A1:.+]]: tensor<4x3xf32>, %[[A2:.+]]: tensor<3xf32>) -> (tensor<f32>, tensor<4x3xf32>)
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[C0:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C4:.+]] = arith.constant 4
// CHECK-NEXT:    %[[C1:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V1:.+]]:2 = scf.for %[[A3:.+]] = %[[C0]] to %[[C4]] step %[[C1]] iter_args(%[[A4:.+]] = %[[A0]], %[[A5:.+]] = %[[V0]]) -> (tensor<f32>, tensor<4x3xf32>) {
// CHECK-NEXT:    %[[C3:.+]] = arith.constant 3
// CHECK-NEXT:    %[[V2:.+]] = arith.subi %[[C3]], %[[A3]]
// CHECK-NEXT:    %[[EXTRACTED_SLICE:.+]] = tensor.extract_slice %[[A1]][%[[V2]], 0] [1, 3] [1, 1]
// CHECK-NEXT:    %[[V3:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V4:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%[[EXTRACTED_SLICE]], %[[A2]] : tensor<3xf32>, tensor<3xf32>) outs(%[[V3]] : tensor<3xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_0:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V10:.+]] = arith.mulf %[[IN]], %[[IN_0]]
// CHECK-NEXT:    linalg.yield %[[V10]]
// CHECK-NEXT:    } -> tensor<3xf32>
// CHECK-NEXT:    %[[CST:.+]] = arith.constant 0.000000e+00
// CHECK-NEXT:    %[[V5:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V6:.+]] = linalg.fill ins(%[[CST]] : f32) outs(%[[V5]]
// CHECK-NEXT:    %[[V7:.+]] = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["reduction"]} ins(%[[V4]] : tensor<3xf32>) outs(%[[V6]] : tensor<f32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V10:.+]] = arith.addf %[[IN]], %[[OUT]]
// CHECK-NEXT:    linalg.yield %[[V10]]
// CHECK-NEXT:    } -> tensor<f32>
// CHECK-NEXT:    %[[V8:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V9:.+]] = linalg.generic {indexing_maps = [#map2, #map2, #map2], iterator_types = []} ins(%[[A4]], %[[V7]] : tensor<f32>, tensor<f32>) outs(%[[V8]] : tensor<f32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_0:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V10:.+]] = arith.addf %[[IN]], %[[IN_0]]
// CHECK-NEXT:    linalg.yield %[[V10]]
// CHECK-NEXT:    } -> tensor<f32>
// CHECK-NEXT:    %[[INSERTED_SLICE:.+]] = tensor.insert_slice %[[V4]] into %[[A5]][%[[V2]], 0] [1, 3] [1, 1]
// CHECK-NEXT:    scf.yield %[[V9]], %[[INSERTED_SLICE]]
// CHECK-NEXT:    }
// CHECK-NEXT:    return %[[V1]]#0, %[[V1]]#1

func.func @main(%c: tensor<f32>, %x: tensor<4x3xf32>, %k: tensor<3xf32>) -> (tensor<f32>, tensor<4x3xf32>) {
  %z:2 = "axir.scan"(%c, %x, %k) ({
  ^bb0(%a: tensor<f32>, %b: tensor<3xf32>, %w: tensor<3xf32>):
    %p = "axir.mul"(%b, %w) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
    %s = "axir.reduce_sum"(%p) {axes = array<i64: 0>} : (tensor<3xf32>) -> tensor<f32>
    %n = "axir.add"(%a, %s) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "axir.yield"(%n, %p) : (tensor<f32>, tensor<3xf32>) -> ()
  }) {carry = 1 : i64, xs = 1 : i64, length = 4 : i64, reverse = true} : (tensor<f32>, tensor<4x3xf32>, tensor<3xf32>) -> (tensor<f32>, tensor<4x3xf32>)
  return %z#0, %z#1 : tensor<f32>, tensor<4x3xf32>
}
