// The first of 20 rounds, and what follows the last.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xi32>, %[[A1:.+]]: tensor<4xi32>) -> (tensor<4xi32>, tensor<4xi32>)
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V2:.+]]:2 = linalg.generic {indexing_maps = [#map, #map, #map, #map, #map, #map], iterator_types = ["parallel"]} ins(%[[A0]], %[[A0]], %[[A1]], %[[A1]] : tensor<4xi32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi32>) outs(%[[V0]], %[[V1]] : tensor<4xi32>, tensor<4xi32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: i32, %[[IN_0:.+]]: i32, %[[IN_1:.+]]: i32, %[[IN_2:.+]]: i32, %[[OUT:.+]]: i32, %[[OUT_3:.+]]: i32):
// CHECK-NEXT:    %[[V3:.+]] = arith.xori %[[IN]], %[[IN_0]]
// CHECK-NEXT:    %[[C466688986_I32:.+]] = arith.constant 466688986
// CHECK-NEXT:    %[[V4:.+]] = arith.xori %[[V3]], %[[C466688986_I32]]
// CHECK-NEXT:    %[[V5:.+]] = arith.addi %[[IN_1]], %[[IN]]
// CHECK-NEXT:    %[[V6:.+]] = arith.addi %[[IN_2]], %[[IN_0]]
// CHECK-NEXT:    %[[V7:.+]] = arith.addi %[[V5]], %[[V6]]
// CHECK-NEXT:    %[[C13_I32:.+]] = arith.constant 13
// CHECK-NEXT:    %[[V8:.+]] = arith.shli %[[V6]], %[[C13_I32]]
// CHECK-NEXT:    %[[C19_I32:.+]] = arith.constant 19
// CHECK-NEXT:    %[[V9:.+]] = arith.shrui %[[V6]], %[[C19_I32]]
// CHECK-NEXT:    %[[V10:.+]] = arith.ori %[[V8]], %[[V9]]
// CHECK-NEXT:    %[[V11:.+]] = arith.xori %[[V10]], %[[V7]]
// The last of five groups of four rounds ends with another addition of key words.
// CHECK:           %[[C5_I32:.+]] = arith.constant 5 : i32
// CHECK-NEXT:      %[[KEY:.+]] = arith.addi %[[IN]], %[[C5_I32]]
// CHECK-NEXT:      %[[X1:.+]] = arith.addi %{{.+}}, %[[KEY]]
// CHECK-NEXT:      linalg.yield %{{.+}}, %[[X1]]
// CHECK-NEXT:    } -> (tensor<4xi32>, tensor<4xi32>)
// CHECK-NEXT:    return %[[V2]]#0, %[[V2]]#1

func.func @main(%k: tensor<4xui32>, %x: tensor<4xui32>) -> (tensor<4xui32>, tensor<4xui32>) {
  %a:2 = "axir.threefry2x32"(%k, %k, %x, %x) : (tensor<4xui32>, tensor<4xui32>, tensor<4xui32>, tensor<4xui32>) -> (tensor<4xui32>, tensor<4xui32>)
  return %a#0, %a#1 : tensor<4xui32>, tensor<4xui32>
}
