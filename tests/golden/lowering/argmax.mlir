// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4x5xf32>) -> tensor<4xi32>
// CHECK-NEXT:    %[[CST:.+]] = arith.constant 0xFF800000
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.fill ins(%[[CST]] : f32) outs(%[[V0]]
// CHECK-NEXT:    %[[V2:.+]] = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel", "reduction"]} ins(%[[A0]] : tensor<4x5xf32>) outs(%[[V1]] : tensor<4xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V6:.+]] = arith.maximumf %[[IN]], %[[OUT]]
// CHECK-NEXT:    linalg.yield %[[V6]]
// CHECK-NEXT:    } -> tensor<4xf32>
// CHECK-NEXT:    %[[C2147483647_I32:.+]] = arith.constant 2147483647
// CHECK-NEXT:    %[[V3:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V4:.+]] = linalg.fill ins(%[[C2147483647_I32]] : i32) outs(%[[V3]]
// CHECK-NEXT:    %[[V5:.+]] = linalg.generic {indexing_maps = [#map, #map1, #map1], iterator_types = ["parallel", "reduction"]} ins(%[[A0]], %[[V2]] : tensor<4x5xf32>, tensor<4xf32>) outs(%[[V4]] : tensor<4xi32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_0:.+]]: f32, %[[OUT:.+]]: i32):
// CHECK-NEXT:    %[[V6:.+]] = linalg.index 1
// CHECK-NEXT:    %[[V7:.+]] = arith.index_cast %[[V6]]
// CHECK-NEXT:    %[[V8:.+]] = arith.cmpf oeq, %[[IN]], %[[IN_0]]
// CHECK-NEXT:    %[[V9:.+]] = arith.cmpf une, %[[IN]], %[[IN]]
// CHECK-NEXT:    %[[V10:.+]] = arith.ori %[[V8]], %[[V9]]
// CHECK-NEXT:    %[[C2147483647_I32_1:.+]] = arith.constant 2147483647
// CHECK-NEXT:    %[[V11:.+]] = arith.select %[[V10]], %[[V7]], %[[C2147483647_I32_1]]
// CHECK-NEXT:    %[[V12:.+]] = arith.minsi %[[V11]], %[[OUT]]
// CHECK-NEXT:    linalg.yield %[[V12]]
// CHECK-NEXT:    } -> tensor<4xi32>
// CHECK-NEXT:    return %[[V5]]

func.func @main(%x: tensor<4x5xf32>) -> tensor<4xi32> {
  %a = "axir.argmax"(%x) {axis = 1 : i64, index_dtype = i32} : (tensor<4x5xf32>) -> tensor<4xi32>
  return %a : tensor<4xi32>
}
