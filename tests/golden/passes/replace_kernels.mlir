// Running sums combine what is 1, 2, 4, ... places apart; short axes are sorted by comparing all pairs.
// RUN: axir opt %s --passes 'replace-kernels' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<3xi32>, %[[A1:.+]]: tensor<2xi32>) -> (tensor<3xi32>, tensor<2xi32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.slice"(%[[A0]]) {limit = array<i64: 1>, start = array<i64: 0>, stride = array<i64: 1>}
// CHECK-NEXT:    %[[V1:.+]] = "axir.slice"(%[[A0]]) {limit = array<i64: 3>, start = array<i64: 1>, stride = array<i64: 1>}
// CHECK-NEXT:    %[[V2:.+]] = "axir.slice"(%[[A0]]) {limit = array<i64: 2>, start = array<i64: 0>, stride = array<i64: 1>}
// CHECK-NEXT:    %[[V3:.+]] = "axir.add"(%[[V2]], %[[V1]])
// CHECK-NEXT:    %[[V4:.+]] = "axir.concatenate"(%[[V0]], %[[V3]]) {dimension = 0 : i64}
// CHECK-NEXT:    %[[V5:.+]] = "axir.slice"(%[[V4]]) {limit = array<i64: 2>, start = array<i64: 0>, stride = array<i64: 1>}
// CHECK-NEXT:    %[[V6:.+]] = "axir.slice"(%[[V4]]) {limit = array<i64: 3>, start = array<i64: 2>, stride = array<i64: 1>}
// CHECK-NEXT:    %[[V7:.+]] = "axir.slice"(%[[V4]]) {limit = array<i64: 1>, start = array<i64: 0>, stride = array<i64: 1>}
// CHECK-NEXT:    %[[V8:.+]] = "axir.add"(%[[V7]], %[[V6]])
// CHECK-NEXT:    %[[V9:.+]] = "axir.concatenate"(%[[V5]], %[[V8]]) {dimension = 0 : i64}
// CHECK-NEXT:    %[[V10:.+]] = "axir.optimization_barrier"(%[[A1]])
// CHECK-NEXT:    %[[V11:.+]] = "axir.broadcast_in_dim"(%[[V10]]) {dimensions = array<i64: 0>, shape = array<i64: 2, 2>}
// CHECK-NEXT:    %[[V12:.+]] = "axir.iota"() {dimension = 0 : i64, dtype = i32, shape = array<i64: 2, 2>}
// CHECK-NEXT:    %[[V13:.+]] = "axir.broadcast_in_dim"(%[[V10]]) {dimensions = array<i64: 1>, shape = array<i64: 2, 2>}
// CHECK-NEXT:    %[[V14:.+]] = "axir.iota"() {dimension = 1 : i64, dtype = i32, shape = array<i64: 2, 2>}
// CHECK-NEXT:    %[[V15:.+]] = "axir.compare"(%[[V12]], %[[V14]]) {direction = "lt"}
// CHECK-NEXT:    %[[V16:.+]] = "axir.compare"(%[[V11]], %[[V13]]) {direction = "eq"}
// CHECK-NEXT:    %[[V17:.+]] = "axir.compare"(%[[V11]], %[[V13]]) {direction = "lt"}
// CHECK-NEXT:    %[[V18:.+]] = "axir.and"(%[[V16]], %[[V15]])
// CHECK-NEXT:    %[[V19:.+]] = "axir.or"(%[[V17]], %[[V18]])
// CHECK-NEXT:    %[[V20:.+]] = "axir.convert"(%[[V19]]) {dtype = i32}
// CHECK-NEXT:    %[[V21:.+]] = "axir.reduce_sum"(%[[V20]]) {axes = array<i64: 0>}
// CHECK-NEXT:    %[[V22:.+]] = "axir.optimization_barrier"(%[[V21]])
// CHECK-NEXT:    %[[V23:.+]] = "axir.iota"() {dimension = 1 : i64, dtype = i32, shape = array<i64: 2, 2>}
// CHECK-NEXT:    %[[V24:.+]] = "axir.broadcast_in_dim"(%[[V22]]) {dimensions = array<i64: 0>, shape = array<i64: 2, 2>}
// CHECK-NEXT:    %[[V25:.+]] = "axir.compare"(%[[V24]], %[[V23]]) {direction = "eq"}
// CHECK-NEXT:    %[[V26:.+]] = "axir.iota"() {dimension = 0 : i64, dtype = i32, shape = array<i64: 2, 2>}
// CHECK-NEXT:    %[[V27:.+]] = "axir.constant"() {value = dense<0> : tensor<i32>}
// CHECK-NEXT:    %[[V28:.+]] = "axir.broadcast_in_dim"(%[[V27]]) {dimensions = array<i64>, shape = array<i64: 2, 2>}
// CHECK-NEXT:    %[[V29:.+]] = "axir.select"(%[[V25]], %[[V26]], %[[V28]])
// CHECK-NEXT:    %[[V30:.+]] = "axir.reduce_sum"(%[[V29]]) {axes = array<i64: 0>}
// CHECK-NEXT:    %[[V31:.+]] = "axir.optimization_barrier"(%[[V30]])
// CHECK-NEXT:    %[[V32:.+]] = "axir.take_along"(%[[A1]], %[[V31]]) {axis = 0 : i64}
// CHECK-NEXT:    return %[[V9]], %[[V32]]

func.func @f(%x: tensor<3xi32>, %y: tensor<2xi32>) -> (tensor<3xi32>, tensor<2xi32>) {
  %s = "axir.cumsum"(%x) {axis = 0, reverse = false} : (tensor<3xi32>) -> tensor<3xi32>
  %t = "axir.sort"(%y) {dimension = 0, num_keys = 1} : (tensor<2xi32>) -> tensor<2xi32>
  return %s, %t : tensor<3xi32>, tensor<2xi32>
}
