// Hardware masks amounts that are too large; here every bit is shifted out.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xi32>, %[[A1:.+]]: tensor<4xi32>) -> tensor<4xi32>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%[[A0]], %[[A1]] : tensor<4xi32>, tensor<4xi32>) outs(%[[V0]] : tensor<4xi32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: i32, %[[IN_0:.+]]: i32, %[[OUT:.+]]: i32):
// CHECK-NEXT:    %[[C0_I32:.+]] = arith.constant 0
// CHECK-NEXT:    %[[C32_I32:.+]] = arith.constant 32
// CHECK-NEXT:    %[[V2:.+]] = arith.cmpi uge, %[[IN_0]], %[[C32_I32]]
// CHECK-NEXT:    %[[C0_I32_1:.+]] = arith.constant 0
// CHECK-NEXT:    %[[V3:.+]] = arith.select %[[V2]], %[[C0_I32_1]], %[[IN_0]]
// CHECK-NEXT:    %[[V4:.+]] = arith.shli %[[IN]], %[[V3]]
// CHECK-NEXT:    %[[V5:.+]] = arith.select %[[V2]], %[[C0_I32]], %[[V4]]
// CHECK-NEXT:    linalg.yield %[[V5]]
// CHECK-NEXT:    } -> tensor<4xi32>
// CHECK-NEXT:    return %[[V1]]

func.func @main(%x: tensor<4xi32>, %y: tensor<4xi32>) -> tensor<4xi32> {
  %z = "axir.shift_left"(%x, %y) : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
  return %z : tensor<4xi32>
}
