// Numbers out of range saturate and NaN gives 0, where the hardware's conversion gives anything.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xf32>) -> tensor<4xi8>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%[[A0]] : tensor<4xf32>) outs(%[[V0]] : tensor<4xi8>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[OUT:.+]]: i8):
// CHECK-NEXT:    %[[CST:.+]] = arith.constant 1.280000e+02
// CHECK-NEXT:    %[[V2:.+]] = arith.cmpf oge, %[[IN]], %[[CST]]
// CHECK-NEXT:    %[[CST_0:.+]] = arith.constant -1.280000e+02
// CHECK-NEXT:    %[[V3:.+]] = arith.cmpf ole, %[[IN]], %[[CST_0]]
// CHECK-NEXT:    %[[V4:.+]] = arith.cmpf uno, %[[IN]], %[[IN]]
// CHECK-NEXT:    %[[V5:.+]] = arith.ori %[[V2]], %[[V3]]
// CHECK-NEXT:    %[[V6:.+]] = arith.ori %[[V4]], %[[V5]]
// CHECK-NEXT:    %[[CST_1:.+]] = arith.constant 0.000000e+00
// CHECK-NEXT:    %[[V7:.+]] = arith.select %[[V6]], %[[CST_1]], %[[IN]]
// CHECK-NEXT:    %[[V8:.+]] = arith.fptosi %[[V7]]
// CHECK-NEXT:    %[[CM128_I8:.+]] = arith.constant -128
// CHECK-NEXT:    %[[V9:.+]] = arith.select %[[V3]], %[[CM128_I8]], %[[V8]]
// CHECK-NEXT:    %[[C127_I8:.+]] = arith.constant 127
// CHECK-NEXT:    %[[V10:.+]] = arith.select %[[V2]], %[[C127_I8]], %[[V9]]
// CHECK-NEXT:    linalg.yield %[[V10]]
// CHECK-NEXT:    } -> tensor<4xi8>
// CHECK-NEXT:    return %[[V1]]

func.func @main(%x: tensor<4xf32>) -> tensor<4xi8> {
  %z = "axir.convert"(%x) {dtype = i8} : (tensor<4xf32>) -> tensor<4xi8>
  return %z : tensor<4xi8>
}
