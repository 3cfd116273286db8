// Half types are summed in float32.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4x5xf16>) -> tensor<4xf16>
// CHECK-NEXT:    %[[CST:.+]] = arith.constant 0.000000e+00
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.fill ins(%[[CST]] : f32) outs(%[[V0]]
// CHECK-NEXT:    %[[V2:.+]] = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction"]} ins(%[[A0]] : tensor<4x5xf16>) outs(%[[V1]] : tensor<4xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f16, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V5:.+]] = arith.extf %[[IN]]
// CHECK-NEXT:    %[[V6:.+]] = arith.addf %[[V5]], %[[OUT]]
// CHECK-NEXT:    linalg.yield %[[V6]]
// CHECK-NEXT:    } -> tensor<4xf32>
// CHECK-NEXT:    %[[V3:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V4:.+]] = linalg.generic {indexing_maps = [#map2, #map2], iterator_types = ["parallel"]} ins(%[[V2]] : tensor<4xf32>) outs(%[[V3]] : tensor<4xf16>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[OUT:.+]]: f16):
// CHECK-NEXT:    %[[V5:.+]] = arith.truncf %[[IN]]
// CHECK-NEXT:    linalg.yield %[[V5]]
// CHECK-NEXT:    } -> tensor<4xf16>
// CHECK-NEXT:    return %[[V4]]

func.func @main(%x: tensor<4x5xf16>) -> tensor<4xf16> {
  %a = "axir.reduce_sum"(%x) {axes = array<i64: 1>} : (tensor<4x5xf16>) -> tensor<4xf16>
  return %a : tensor<4xf16>
}
