// Branches that compute the same are one, whatever their values are called; the third one differs in one op.
// RUN: axir opt %s --passes 'cse' | filecheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A0:.+]]: tensor<f32>, %[[A1:.+]]: tensor<i32>) -> (tensor<f32>, tensor<f32>, tensor<f32>)
// CHECK-NEXT:    %[[V0:.+]] = "axir.switch"(%[[A1]], %[[A0]]) ({
// CHECK-NEXT:    ^bb0(%[[A2:.+]]: tensor<f32>):
// CHECK-NEXT:    %[[V2:.+]] = "axir.sin"(%[[A2]])
// CHECK-NEXT:    "axir.yield"(%[[V2]])
// CHECK-NEXT:    }, {
// CHECK-NEXT:    ^bb0(%[[A2:.+]]: tensor<f32>):
// CHECK-NEXT:    "axir.yield"(%[[A2]])
// CHECK-NEXT:    })
// CHECK-NEXT:    %[[V1:.+]] = "axir.switch"(%[[A1]], %[[A0]]) ({
// CHECK-NEXT:    ^bb0(%[[A2:.+]]: tensor<f32>):
// CHECK-NEXT:    %[[V2:.+]] = "axir.cos"(%[[A2]])
// CHECK-NEXT:    "axir.yield"(%[[V2]])
// CHECK-NEXT:    }, {
// CHECK-NEXT:    ^bb0(%[[A2:.+]]: tensor<f32>):
// CHECK-NEXT:    "axir.yield"(%[[A2]])
// CHECK-NEXT:    })
// CHECK-NEXT:    return %[[V0]], %[[V0]], %[[V1]]

func.func @f(%x: tensor<f32>, %p: tensor<i32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %a = "axir.switch"(%p, %x) ({
  ^bb0(%v: tensor<f32>):
    %s = "axir.sin"(%v) : (tensor<f32>) -> tensor<f32>
    "axir.yield"(%s) : (tensor<f32>) -> ()
  }, {
  ^bb0(%v: tensor<f32>):
    "axir.yield"(%v) : (tensor<f32>) -> ()
  }) : (tensor<i32>, tensor<f32>) -> tensor<f32>
  %b = "axir.switch"(%p, %x) ({
  ^bb0(%w: tensor<f32>):
    %t = "axir.sin"(%w) : (tensor<f32>) -> tensor<f32>
    "axir.yield"(%t) : (tensor<f32>) -> ()
  }, {
  ^bb0(%w: tensor<f32>):
    "axir.yield"(%w) : (tensor<f32>) -> ()
  }) : (tensor<i32>, tensor<f32>) -> tensor<f32>
  %c = "axir.switch"(%p, %x) ({
  ^bb0(%w: tensor<f32>):
    %t = "axir.cos"(%w) : (tensor<f32>) -> tensor<f32>
    "axir.yield"(%t) : (tensor<f32>) -> ()
  }, {
  ^bb0(%w: tensor<f32>):
    "axir.yield"(%w) : (tensor<f32>) -> ()
  }) : (tensor<i32>, tensor<f32>) -> tensor<f32>
  return %a, %b, %c : tensor<f32>, tensor<f32>, tensor<f32>
}
