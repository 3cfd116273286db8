// RUN: axir opt %s --passes verify --expect-errors
// ERROR: axir.scan: a region must end in axir.yield.
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.scan"(%x) ({
  ^bb0(%a: tensor<f32>):
    %b = "axir.neg"(%a) : (tensor<f32>) -> tensor<f32>
  }) {carry = 1 : i64, length = 4 : i64, reverse = false, xs = 0 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.scan: result types must be f32[]; got i32[].
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.scan"(%x) ({
  ^bb0(%a: tensor<f32>):
    "axir.yield"(%a) : (tensor<f32>) -> ()
  }) {carry = 1 : i64, length = 4 : i64, reverse = false, xs = 0 : i64} : (tensor<f32>) -> tensor<i32>
  return %x : tensor<f32>
}
// -----
// ERROR: axir.scan: a scan over 4 steps takes (f32[], f32[4]); got (f32[], f32[]).
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.scan"(%x, %x) ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    "axir.yield"(%a) : (tensor<f32>) -> ()
  }) {carry = 1 : i64, length = 4 : i64, reverse = false, xs = 1 : i64} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.scan: the body of a scan must give the carry (f32[]) first; got (bool[]).
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.scan"(%x) ({
  ^bb0(%a: tensor<f32>):
    %p = "axir.compare"(%a, %a) {direction = "lt"} : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "axir.yield"(%p) : (tensor<i1>) -> ()
  }) {carry = 1 : i64, length = 4 : i64, reverse = false, xs = 0 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.while_loop: the body of a loop must take the operands (f32[]); it takes (i32[]).
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.while_loop"(%x) ({
  ^bb0(%a: tensor<f32>):
    %p = "axir.compare"(%a, %a) {direction = "lt"} : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "axir.yield"(%p) : (tensor<i1>) -> ()
  }, {
  ^bb0(%a: tensor<i32>):
    "axir.yield"(%a) : (tensor<i32>) -> ()
  }) {carry = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.while_loop: the condition of a loop must take the operands (f32[], i32[]); it takes (f32[]).
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.while_loop"(%x, %i) ({
  ^bb0(%a: tensor<f32>):
    %p = "axir.compare"(%a, %a) {direction = "lt"} : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "axir.yield"(%p) : (tensor<i1>) -> ()
  }, {
  ^bb0(%a: tensor<f32>):
    "axir.yield"(%a) : (tensor<f32>) -> ()
  }) {carry = 1 : i64} : (tensor<f32>, tensor<i32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.while_loop: the condition of a loop must give one bool scalar; it gives (f32[]).
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.while_loop"(%x) ({
  ^bb0(%a: tensor<f32>):
    "axir.yield"(%a) : (tensor<f32>) -> ()
  }, {
  ^bb0(%a: tensor<f32>):
    "axir.yield"(%a) : (tensor<f32>) -> ()
  }) {carry = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.while_loop: the body of a loop must give the carry (f32[]); it gives (bool[]).
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.while_loop"(%x) ({
  ^bb0(%a: tensor<f32>):
    %p = "axir.compare"(%a, %a) {direction = "lt"} : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "axir.yield"(%p) : (tensor<i1>) -> ()
  }, {
  ^bb0(%a: tensor<f32>):
    %p = "axir.compare"(%a, %a) {direction = "lt"} : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "axir.yield"(%p) : (tensor<i1>) -> ()
  }) {carry = 1 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.switch: the index of a switch must be an i32 scalar; got f32[].
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.switch"(%x, %x) ({
  ^bb0(%a: tensor<f32>):
    "axir.yield"(%a) : (tensor<f32>) -> ()
  }) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.switch: branch 0 of a switch must take (f32[]); it takes (i32[]).
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.switch"(%i, %x) ({
  ^bb0(%a: tensor<i32>):
    "axir.yield"(%a) : (tensor<i32>) -> ()
  }) : (tensor<i32>, tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: axir.switch: branch 1 of a switch must give what branch 0 gives, (f32[]); it gives (bool[]).
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.switch"(%i, %x) ({
  ^bb0(%a: tensor<f32>):
    "axir.yield"(%a) : (tensor<f32>) -> ()
  }, {
  ^bb0(%a: tensor<f32>):
    %p = "axir.compare"(%a, %a) {direction = "lt"} : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "axir.yield"(%p) : (tensor<i1>) -> ()
  }) : (tensor<i32>, tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: @f: a region of axir.scan uses a value from outside; pass it as an operand.
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.scan"(%x) ({
  ^bb0(%a: tensor<f32>):
    "axir.yield"(%x) : (tensor<f32>) -> ()
  }) {carry = 1 : i64, length = 4 : i64, reverse = false, xs = 0 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
// -----
// ERROR: @f: a region of axir.scan has exactly one block.
func.func @f(%x: tensor<f32>, %i: tensor<i32>) -> tensor<f32> {
  %z = "axir.scan"(%x) ({
  }) {carry = 1 : i64, length = 4 : i64, reverse = false, xs = 0 : i64} : (tensor<f32>) -> tensor<f32>
  return %z : tensor<f32>
}
