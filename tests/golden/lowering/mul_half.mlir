// Half types are computed in float32 and rounded once.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xbf16>, %[[A1:.+]]: tensor<4xbf16>) -> tensor<4xbf16>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%[[A0]], %[[A1]] : tensor<4xbf16>, tensor<4xbf16>) outs(%[[V0]] : tensor<4xbf16>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: bf16, %[[IN_0:.+]]: bf16, %[[OUT:.+]]: bf16):
// CHECK-NEXT:    %[[V2:.+]] = arith.extf %[[IN]]
// CHECK-NEXT:    %[[V3:.+]] = arith.extf %[[IN_0]]
// CHECK-NEXT:    %[[V4:.+]] = arith.mulf %[[V2]], %[[V3]]
// CHECK-NEXT:    %[[V5:.+]] = arith.truncf %[[V4]]
// CHECK-NEXT:    linalg.yield %[[V5]]
// CHECK-NEXT:    } -> tensor<4xbf16>
// CHECK-NEXT:    return %[[V1]]

func.func @main(%x: tensor<4xbf16>, %y: tensor<4xbf16>) -> tensor<4xbf16> {
  %z = "axir.mul"(%x, %y) : (tensor<4xbf16>, tensor<4xbf16>) -> tensor<4xbf16>
  return %z : tensor<4xbf16>
}
