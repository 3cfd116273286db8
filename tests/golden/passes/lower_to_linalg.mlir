// Every op becomes one loop over signless elements; signedness goes into the ops.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4xi32>, %[[A1:.+]]: tensor<4xi32>) -> tensor<4xi1>
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%[[A0]], %[[A1]] : tensor<4xi32>, tensor<4xi32>) outs(%[[V0]] : tensor<4xi32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: i32, %[[IN_0:.+]]: i32, %[[OUT:.+]]: i32):
// CHECK-NEXT:    %[[V4:.+]] = arith.maxui %[[IN]], %[[IN_0]]
// CHECK-NEXT:    linalg.yield %[[V4]]
// CHECK-NEXT:    } -> tensor<4xi32>
// CHECK-NEXT:    %[[V2:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V3:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%[[V1]], %[[A1]] : tensor<4xi32>, tensor<4xi32>) outs(%[[V2]] : tensor<4xi1>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: i32, %[[IN_0:.+]]: i32, %[[OUT:.+]]: i1):
// CHECK-NEXT:    %[[V4:.+]] = arith.cmpi ult, %[[IN]], %[[IN_0]]
// CHECK-NEXT:    linalg.yield %[[V4]]
// CHECK-NEXT:    } -> tensor<4xi1>
// CHECK-NEXT:    return %[[V3]]

func.func @main(%x: tensor<4xui32>, %y: tensor<4xui32>) -> tensor<4xi1> {
  %q = "axir.max"(%x, %y) : (tensor<4xui32>, tensor<4xui32>) -> tensor<4xui32>
  %c = "axir.compare"(%q, %y) {direction = "lt"} : (tensor<4xui32>, tensor<4xui32>) -> tensor<4xi1>
  return %c : tensor<4xi1>
}
