// Bits of the fraction are rounded away on integers; NaN stays.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%[[A0]] : tensor<4xf32>) outs(%[[V0]] : tensor<4xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V2:.+]] = arith.bitcast %[[IN]]
// CHECK-NEXT:    %[[C16_I32:.+]] = arith.constant 16
// CHECK-NEXT:    %[[V3:.+]] = arith.shrui %[[V2]], %[[C16_I32]]
// CHECK-NEXT:    %[[C1_I32:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V4:.+]] = arith.andi %[[V3]], %[[C1_I32]]
// CHECK-NEXT:    %[[C32767_I32:.+]] = arith.constant 32767
// CHECK-NEXT:    %[[V5:.+]] = arith.addi %[[V4]], %[[C32767_I32]]
// CHECK-NEXT:    %[[V6:.+]] = arith.addi %[[V2]], %[[V5]]
// CHECK-NEXT:    %[[CM65536_I32:.+]] = arith.constant -65536
// CHECK-NEXT:    %[[V7:.+]] = arith.andi %[[V6]], %[[CM65536_I32]]
// CHECK-NEXT:    %[[C2147483647_I32:.+]] = arith.constant 2147483647
// CHECK-NEXT:    %[[V8:.+]] = arith.andi %[[V2]], %[[C2147483647_I32]]
// CHECK-NEXT:    %[[C2139095040_I32:.+]] = arith.constant 2139095040
// CHECK-NEXT:    %[[V9:.+]] = arith.cmpi sgt, %[[V8]], %[[C2139095040_I32]]
// CHECK-NEXT:    %[[V10:.+]] = arith.select %[[V9]], %[[V2]], %[[V7]]
// CHECK-NEXT:    %[[V11:.+]] = arith.bitcast %[[V10]]
// CHECK-NEXT:    linalg.yield %[[V11]]
// CHECK-NEXT:    } -> tensor<4xf32>
// CHECK-NEXT:    return %[[V1]]

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %z = "axir.reduce_precision"(%x) {exponent_bits = 8 : i64, mantissa_bits = 7 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}
