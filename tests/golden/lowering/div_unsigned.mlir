// Integer division traps in hardware for a zero divisor: it is replaced by 1 and the result set to all ones.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xi8>, %[[A1:.+]]: tensor<4xi8>) -> tensor<4xi8>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%[[A0]], %[[A1]] : tensor<4xi8>, tensor<4xi8>) outs(%[[V0]] : tensor<4xi8>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: i8, %[[IN_0:.+]]: i8, %[[OUT:.+]]: i8):
// CHECK-NEXT:    %[[C0_I8:.+]] = arith.constant 0
// CHECK-NEXT:    %[[V2:.+]] = arith.cmpi eq, %[[IN_0]], %[[C0_I8]]
// CHECK-NEXT:    %[[C1_I8:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V3:.+]] = arith.select %[[V2]], %[[C1_I8]], %[[IN_0]]
// CHECK-NEXT:    %[[V4:.+]] = arith.divui %[[IN]], %[[V3]]
// CHECK-NEXT:    %[[CM1_I8:.+]] = arith.constant -1
// CHECK-NEXT:    %[[V5:.+]] = arith.select %[[V2]], %[[CM1_I8]], %[[V4]]
// CHECK-NEXT:    linalg.yield %[[V5]]
// CHECK-NEXT:    } -> tensor<4xi8>
// CHECK-NEXT:    return %[[V1]]

func.func @main(%x: tensor<4xui8>, %y: tensor<4xui8>) -> tensor<4xui8> {
  %z = "axir.div"(%x, %y) : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  return %z : tensor<4xui8>
}
