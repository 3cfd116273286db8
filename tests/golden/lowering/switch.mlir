// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<i32>, %[[A1:.+]]: tensor<3xi8>) -> tensor<3xi8>
// CHECK-NEXT:    %[[EXTRACTED:.+]] = tensor.extract %[[A0]][]
// CHECK-NEXT:    %[[C1_I32:.+]] = arith.constant 1
// CHECK-NEXT:    %[[V0:.+]] = arith.cmpi sle, %[[EXTRACTED]], %[[C1_I32]]
// CHECK-NEXT:    %[[V1:.+]] = scf.if %[[V0]] -> (tensor<3xi8>) {
// CHECK-NEXT:    %[[C0_I32:.+]] = arith.constant 0
// CHECK-NEXT:    %[[V2:.+]] = arith.cmpi sle, %[[EXTRACTED]], %[[C0_I32]]
// CHECK-NEXT:    %[[V3:.+]] = scf.if %[[V2]] -> (tensor<3xi8>) {
// CHECK-NEXT:    scf.yield %[[A1]]
// CHECK-NEXT:    } else {
// CHECK-NEXT:    %[[V4:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V5:.+]] = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%[[A1]] : tensor<3xi8>) outs(%[[V4]] : tensor<3xi8>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: i8, %[[OUT:.+]]: i8):
// CHECK-NEXT:    %[[C0_I8:.+]] = arith.constant 0
// CHECK-NEXT:    %[[V6:.+]] = arith.subi %[[C0_I8]], %[[IN]]
// CHECK-NEXT:    linalg.yield %[[V6]]
// CHECK-NEXT:    } -> tensor<3xi8>
// CHECK-NEXT:    scf.yield %[[V5]]
// CHECK-NEXT:    }
// CHECK-NEXT:    scf.yield %[[V3]]
// CHECK-NEXT:    } else {
// CHECK-NEXT:    %[[V2:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V3:.+]] = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel"]} ins(%[[A1]], %[[A1]] : tensor<3xi8>, tensor<3xi8>) outs(%[[V2]] : tensor<3xi8>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: i8, %[[IN_0:.+]]: i8, %[[OUT:.+]]: i8):
// CHECK-NEXT:    %[[V4:.+]] = arith.addi %[[IN]], %[[IN_0]]
// CHECK-NEXT:    linalg.yield %[[V4]]
// CHECK-NEXT:    } -> tensor<3xi8>
// CHECK-NEXT:    scf.yield %[[V3]]
// CHECK-NEXT:    }
// CHECK-NEXT:    return %[[V1]]

func.func @main(%i: tensor<i32>, %x: tensor<3xui8>) -> tensor<3xui8> {
  %z = "axir.switch"(%i, %x) ({
  ^bb0(%a: tensor<3xui8>):
    "axir.yield"(%a) : (tensor<3xui8>) -> ()
  }, {
  ^bb0(%a: tensor<3xui8>):
    %n = "axir.neg"(%a) : (tensor<3xui8>) -> tensor<3xui8>
    "axir.yield"(%n) : (tensor<3xui8>) -> ()
  }, {
  ^bb0(%a: tensor<3xui8>):
    %n = "axir.add"(%a, %a) : (tensor<3xui8>, tensor<3xui8>) -> tensor<3xui8>
    "axir.yield"(%n) : (tensor<3xui8>) -> ()
  }) : (tensor<i32>, tensor<3xui8>) -> tensor<3xui8>
  return %z : tensor<3xui8>
}
