// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>, %[[A1:.+]]: tensor<f32>) -> tensor<f32>
// CHECK-NEXT:    %[[V0:.+]] = scf.while (%[[A2:.+]] = %[[A0]])
// CHECK-NEXT:    %[[V1:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V2:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = []} ins(%[[A2]], %[[A1]] : tensor<f32>, tensor<f32>) outs(%[[V1]] : tensor<i1>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_0:.+]]: f32, %[[OUT:.+]]: i1):
// CHECK-NEXT:    %[[V3:.+]] = arith.cmpf olt, %[[IN]], %[[IN_0]]
// CHECK-NEXT:    linalg.yield %[[V3]]
// CHECK-NEXT:    } -> tensor<i1>
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[V2]][]
// CHECK-NEXT:    scf.condition(%[[EXTRACTED]]) %[[A2]]
// CHECK-NEXT:    } do {
// CHECK-NEXT:    ^bb0(%[[A2:.+]]: tensor<f32>):
// CHECK-NEXT:    %[[V1:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V2:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = []} ins(%[[A2]], %[[A2]] : tensor<f32>, tensor<f32>) outs(%[[V1]] : tensor<f32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_0:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V3:.+]] = arith.addf %[[IN]], %[[IN_0]]
// CHECK-NEXT:    linalg.yield %[[V3]]
// CHECK-NEXT:    } -> tensor<f32>
// CHECK-NEXT:    scf.yield %[[V2]]
// CHECK-NEXT:    }
// CHECK-NEXT:    return %[[V0]]

func.func @main(%c: tensor<f32>, %k: tensor<f32>) -> tensor<f32> {
  %z = "axir.while_loop"(%c, %k) ({
  ^bb0(%a: tensor<f32>, %w: tensor<f32>):
    %p = "axir.compare"(%a, %w) {direction = "lt"} : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "axir.yield"(%p) : (tensor<i1>) -> ()
  }, {
  ^bb0(%a: tensor<f32>, %w: tensor<f32>):
    %n = "axir.add"(%a, %a) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "axir.yield"(%n) : (tensor<f32>) -> ()
  }) {carry = 1 : i64} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
