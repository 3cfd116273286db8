// One example for each op, shown in docs/dialect.md. A section begins with a comment that names its op.

// axir.yield
func.func @example(%index: tensor<i32>, %x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.switch"(%index, %x) ({
  ^bb0(%a: tensor<3xf32>):
    "axir.yield"(%a) : (tensor<3xf32>) -> ()
  }, {
  ^bb0(%a: tensor<3xf32>):
    %b = "axir.neg"(%a) : (tensor<3xf32>) -> tensor<3xf32>
    "axir.yield"(%b) : (tensor<3xf32>) -> ()
  }) : (tensor<i32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.take_along
func.func @example(%operand: tensor<2x4xf32>, %indices: tensor<2x4xi32>) -> tensor<2x4xf32> {
  %y = "axir.take_along"(%operand, %indices) {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x4xi32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// axir.add_along
func.func @example(%updates: tensor<2x4xf32>, %indices: tensor<2x4xi32>) -> tensor<2x5xf32> {
  %y = "axir.add_along"(%updates, %indices) {axis = 1 : i64, size = 5 : i64} : (tensor<2x4xf32>, tensor<2x4xi32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// axir.callback
func.func @example(%x: tensor<3xf32>) -> tensor<f32> {
  "axir.callback"(%x) {effect = "debug", function = 0 : i64, outputs = [], vmap_method = "none"} : (tensor<3xf32>) -> ()
  %y = "axir.callback"(%x) {effect = "pure", function = 1 : i64, outputs = [tensor<f32>], vmap_method = "sequential"} : (tensor<3xf32>) -> tensor<f32>
  return %y : tensor<f32>
}

// axir.check
func.func @example(%x: tensor<f32>) -> tensor<f32> {
  %zero = "axir.constant"() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
  %failed = "axir.compare"(%x, %zero) {direction = "lt"} : (tensor<f32>, tensor<f32>) -> tensor<i1>
  "axir.check"(%failed, %x) {debug = true, error = 0 : i64} : (tensor<i1>, tensor<f32>) -> ()
  return %x : tensor<f32>
}

// axir.all_gather
func.func private @item(%x: tensor<f32>) -> tensor<f32> {
  %all = "axir.all_gather"(%x) {axis = "i", size = 3 : i64} : (tensor<f32>) -> tensor<3xf32>
  %sum = "axir.reduce_sum"(%all) {axes = array<i64: 0>} : (tensor<3xf32>) -> tensor<f32>
  return %sum : tensor<f32>
}
func.func @example(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.vmap"(%x) {axis_name = "i", callee = @item, in_axes = array<i64: 0>, out_axes = array<i64: 0>, size = 3 : i64} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.axis_index
func.func private @item() -> tensor<i32> {
  %i = "axir.axis_index"() {axis = "i", size = 3 : i64} : () -> tensor<i32>
  return %i : tensor<i32>
}
func.func @example() -> tensor<3xi32> {
  %y = "axir.vmap"() {axis_name = "i", callee = @item, in_axes = array<i64>, out_axes = array<i64: 0>, size = 3 : i64} : () -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.complex
func.func @example(%re: tensor<3xf32>, %im: tensor<3xf32>) -> tensor<3xcomplex<f32>> {
  %y = "axir.complex"(%re, %im) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xcomplex<f32>>
  return %y : tensor<3xcomplex<f32>>
}

// axir.real
func.func @example(%operand: tensor<3xcomplex<f32>>) -> tensor<3xf32> {
  %y = "axir.real"(%operand) : (tensor<3xcomplex<f32>>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.imag
func.func @example(%operand: tensor<3xcomplex<f32>>) -> tensor<3xf32> {
  %y = "axir.imag"(%operand) : (tensor<3xcomplex<f32>>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.conj
func.func @example(%operand: tensor<3xcomplex<f32>>) -> tensor<3xcomplex<f32>> {
  %y = "axir.conj"(%operand) : (tensor<3xcomplex<f32>>) -> tensor<3xcomplex<f32>>
  return %y : tensor<3xcomplex<f32>>
}

// axir.constant
func.func @example() -> tensor<f32> {
  %y = "axir.constant"() {value = dense<1.000000e+00> : tensor<f32>} : () -> tensor<f32>
  return %y : tensor<f32>
}

// axir.iota
func.func @example() -> tensor<2x3xi32> {
  %y = "axir.iota"() {dimension = 1 : i64, dtype = i32, shape = array<i64: 2, 3>} : () -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}

// axir.dot_general
func.func @example(%lhs: tensor<8x2x3xf32>, %rhs: tensor<8x3x4xf32>) -> tensor<8x2x4xf32> {
  %y = "axir.dot_general"(%lhs, %rhs) {dtype = f32, lhs_batch = array<i64: 0>, lhs_contract = array<i64: 2>, rhs_batch = array<i64: 0>, rhs_contract = array<i64: 1>} : (tensor<8x2x3xf32>, tensor<8x3x4xf32>) -> tensor<8x2x4xf32>
  return %y : tensor<8x2x4xf32>
}

// axir.convolution
func.func @example(%lhs: tensor<1x8x8x3xf32>, %rhs: tensor<3x3x3x16xf32>) -> tensor<1x8x8x16xf32> {
  %y = "axir.convolution"(%lhs, %rhs) {batch_group_count = 1 : i64, dtype = f32, feature_group_count = 1 : i64, lhs_axes = array<i64: 0, 3, 1, 2>, lhs_dilation = array<i64: 1, 1>, out_axes = array<i64: 0, 3, 1, 2>, padding_high = array<i64: 1, 1>, padding_low = array<i64: 1, 1>, rhs_axes = array<i64: 3, 2, 0, 1>, rhs_dilation = array<i64: 1, 1>, window_strides = array<i64: 1, 1>} : (tensor<1x8x8x3xf32>, tensor<3x3x3x16xf32>) -> tensor<1x8x8x16xf32>
  return %y : tensor<1x8x8x16xf32>
}

// axir.cumsum
func.func @example(%operand: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %y = "axir.cumsum"(%operand) {axis = 1 : i64, reverse = false} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// axir.cumprod
func.func @example(%operand: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %y = "axir.cumprod"(%operand) {axis = 1 : i64, reverse = false} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// axir.cummax
func.func @example(%operand: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %y = "axir.cummax"(%operand) {axis = 1 : i64, reverse = false} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// axir.cummin
func.func @example(%operand: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %y = "axir.cummin"(%operand) {axis = 1 : i64, reverse = false} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// axir.cumlogsumexp
func.func @example(%operand: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %y = "axir.cumlogsumexp"(%operand) {axis = 1 : i64, reverse = false} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// axir.custom_jvp
func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.sin"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
func.func private @f_rule(%x: tensor<3xf32>, %dx: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %y = "axir.sin"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  %c = "axir.cos"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  %dy = "axir.mul"(%c, %dx) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y, %dy : tensor<3xf32>, tensor<3xf32>
}
func.func @example(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.custom_jvp"(%x) {callee = @f, inputs = 1 : i64, rule = @f_rule} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.custom_vjp
func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.sin"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
func.func private @forward(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %y = "axir.sin"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  %c = "axir.cos"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  return %y, %c : tensor<3xf32>, tensor<3xf32>
}
func.func private @backward(%residual: tensor<3xf32>, %ct: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.mul"(%residual, %ct) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
func.func @example(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.custom_vjp"(%x) {backward = @backward, callee = @f, forward = @forward, inputs = 1 : i64} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.custom_linear
func.func private @backward(%residual: tensor<3xf32>, %ct: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.mul"(%residual, %ct) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
func.func @example(%residual: tensor<3xf32>, %dx: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.custom_linear"(%residual, %dx) {active = array<i64: 0>, backward = @backward, known = 1 : i64, residuals = 1 : i64} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.checkpoint
func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.sin"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  %z = "axir.sin"(%y) : (tensor<3xf32>) -> tensor<3xf32>
  return %z : tensor<3xf32>
}
func.func @example(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.checkpoint"(%x) {callee = @f, policy = "nothing"} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.custom_vmap
func.func private @f(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.sin"(%x) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
func.func @example(%x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.custom_vmap"(%x) {callee = @f, inputs = 1 : i64, rule = 0 : i64} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.add
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.add"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.sub
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.sub"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.mul
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.mul"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.div
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.div"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.rem
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.rem"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.pow
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.pow"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.max
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.max"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.min
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.min"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.atan2
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.atan2"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.nextafter
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.nextafter"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.and
func.func @example(%lhs: tensor<3xi32>, %rhs: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.and"(%lhs, %rhs) : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.or
func.func @example(%lhs: tensor<3xi32>, %rhs: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.or"(%lhs, %rhs) : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.xor
func.func @example(%lhs: tensor<3xi32>, %rhs: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.xor"(%lhs, %rhs) : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.shift_left
func.func @example(%lhs: tensor<3xi32>, %rhs: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.shift_left"(%lhs, %rhs) : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.shift_right_logical
func.func @example(%lhs: tensor<3xi32>, %rhs: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.shift_right_logical"(%lhs, %rhs) : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.shift_right_arithmetic
func.func @example(%lhs: tensor<3xi32>, %rhs: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.shift_right_arithmetic"(%lhs, %rhs) : (tensor<3xi32>, tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.compare
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xi1> {
  %y = "axir.compare"(%lhs, %rhs) {direction = "lt"} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>
  return %y : tensor<3xi1>
}

// axir.select
func.func @example(%predicate: tensor<3xi1>, %on_true: tensor<3xf32>, %on_false: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.select"(%predicate, %on_true, %on_false) : (tensor<3xi1>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.clamp
func.func @example(%lower_bound: tensor<3xf32>, %operand: tensor<3xf32>, %upper_bound: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.clamp"(%lower_bound, %operand, %upper_bound) : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.neg
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.neg"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.abs
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.abs"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.sign
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.sign"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.floor
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.floor"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.ceil
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.ceil"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.round_half_even
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.round_half_even"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.round_half_away
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.round_half_away"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.exp
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.exp"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.exp2
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.exp2"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.expm1
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.expm1"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.log
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.log"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.log1p
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.log1p"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.sqrt
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.sqrt"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.rsqrt
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.rsqrt"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.cbrt
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.cbrt"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.sin
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.sin"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.cos
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.cos"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.tan
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.tan"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.asin
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.asin"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.acos
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.acos"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.atan
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.atan"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.sinh
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.sinh"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.cosh
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.cosh"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.tanh
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.tanh"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.asinh
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.asinh"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.acosh
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.acosh"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.atanh
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.atanh"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.erf
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.erf"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.erfc
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.erfc"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.erf_inv
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.erf_inv"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.lgamma
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.lgamma"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.digamma
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.digamma"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.polygamma
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.polygamma"(%operand) {order = 1 : i64} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.logistic
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.logistic"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.stop_gradient
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.stop_gradient"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.optimization_barrier
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.optimization_barrier"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.checkpoint_name
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.checkpoint_name"(%operand) {label = "hidden"} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.integer_pow
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.integer_pow"(%operand) {exponent = 3 : i64} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.not
func.func @example(%operand: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.not"(%operand) : (tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.popcnt
func.func @example(%operand: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.popcnt"(%operand) : (tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.clz
func.func @example(%operand: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.clz"(%operand) : (tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.is_finite
func.func @example(%operand: tensor<3xf32>) -> tensor<3xi1> {
  %y = "axir.is_finite"(%operand) : (tensor<3xf32>) -> tensor<3xi1>
  return %y : tensor<3xi1>
}

// axir.convert
func.func @example(%operand: tensor<3xf32>) -> tensor<3xi32> {
  %y = "axir.convert"(%operand) {dtype = i32} : (tensor<3xf32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.bitcast
func.func @example(%operand: tensor<3xf32>) -> tensor<3xi32> {
  %y = "axir.bitcast"(%operand) {dtype = i32} : (tensor<3xf32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.fft
func.func @example(%operand: tensor<2x8xcomplex<f32>>) -> tensor<2x8xcomplex<f32>> {
  %y = "axir.fft"(%operand) {kind = "fft", lengths = array<i64: 8>} : (tensor<2x8xcomplex<f32>>) -> tensor<2x8xcomplex<f32>>
  return %y : tensor<2x8xcomplex<f32>>
}

// axir.gather
func.func @example(%operand: tensor<5x4xf32>, %indices: tensor<3x1xi32>) -> tensor<3x4xf32> {
  %y = "axir.gather"(%operand, %indices) {collapsed_slice_dims = array<i64: 0>, fill_value = dense<0.000000e+00> : tensor<f32>, mode = "clip", offset_dims = array<i64: 1>, operand_batching_dims = array<i64>, slice_sizes = array<i64: 1, 4>, start_index_map = array<i64: 0>, start_indices_batching_dims = array<i64>} : (tensor<5x4xf32>, tensor<3x1xi32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// axir.dynamic_slice
func.func @example(%operand: tensor<5x4xf32>, %start0: tensor<i32>, %start1: tensor<i32>) -> tensor<3x2xf32> {
  %y = "axir.dynamic_slice"(%operand, %start0, %start1) {sizes = array<i64: 3, 2>} : (tensor<5x4xf32>, tensor<i32>, tensor<i32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// axir.dynamic_update_slice
func.func @example(%operand: tensor<5x4xf32>, %update: tensor<2x2xf32>, %start0: tensor<i32>, %start1: tensor<i32>) -> tensor<5x4xf32> {
  %y = "axir.dynamic_update_slice"(%operand, %update, %start0, %start1) : (tensor<5x4xf32>, tensor<2x2xf32>, tensor<i32>, tensor<i32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// axir.cholesky
func.func @example(%operand: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %y = "axir.cholesky"(%operand) : (tensor<3x3xf32>) -> tensor<3x3xf32>
  return %y : tensor<3x3xf32>
}

// axir.triangular_solve
func.func @example(%a: tensor<3x3xf32>, %b: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %y = "axir.triangular_solve"(%a, %b) {conjugate_a = 0 : i64, left_side = 1 : i64, transpose_a = 0 : i64, unit_diagonal = 0 : i64, upper = 0 : i64} : (tensor<3x3xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// axir.solve
func.func @example(%a: tensor<3x3xf32>, %b: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %y = "axir.solve"(%a, %b) {transpose_a = 0 : i64} : (tensor<3x3xf32>, tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// axir.lu
func.func @example(%operand: tensor<3x3xf32>) -> (tensor<3x3xf32>, tensor<3xi32>, tensor<3xi32>) {
  %y:3 = "axir.lu"(%operand) : (tensor<3x3xf32>) -> (tensor<3x3xf32>, tensor<3xi32>, tensor<3xi32>)
  return %y#0, %y#1, %y#2 : tensor<3x3xf32>, tensor<3xi32>, tensor<3xi32>
}

// axir.lu_pivots_to_permutation
func.func @example(%pivots: tensor<3xi32>) -> tensor<3xi32> {
  %y = "axir.lu_pivots_to_permutation"(%pivots) {permutation_size = 3 : i64} : (tensor<3xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.take_rows
func.func @example(%operand: tensor<3x2xf32>, %rows: tensor<3xi32>) -> tensor<3x2xf32> {
  %y = "axir.take_rows"(%operand, %rows) : (tensor<3x2xf32>, tensor<3xi32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// axir.add_rows
func.func @example(%operand: tensor<3x2xf32>, %rows: tensor<3xi32>) -> tensor<3x2xf32> {
  %y = "axir.add_rows"(%operand, %rows) {size = 3 : i64} : (tensor<3x2xf32>, tensor<3xi32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// axir.det
func.func @example(%operand: tensor<3x3xf32>) -> tensor<f32> {
  %y = "axir.det"(%operand) : (tensor<3x3xf32>) -> tensor<f32>
  return %y : tensor<f32>
}

// axir.qr
func.func @example(%operand: tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<3x3xf32>) {
  %y:2 = "axir.qr"(%operand) {full_matrices = 0 : i64} : (tensor<4x3xf32>) -> (tensor<4x3xf32>, tensor<3x3xf32>)
  return %y#0, %y#1 : tensor<4x3xf32>, tensor<3x3xf32>
}

// axir.eigh
func.func @example(%operand: tensor<3x3xf32>) -> (tensor<3xf32>, tensor<3x3xf32>) {
  %y:2 = "axir.eigh"(%operand) {upper = 0 : i64} : (tensor<3x3xf32>) -> (tensor<3xf32>, tensor<3x3xf32>)
  return %y#0, %y#1 : tensor<3xf32>, tensor<3x3xf32>
}

// axir.svd
func.func @example(%operand: tensor<4x3xf32>) -> (tensor<3xf32>, tensor<4x3xf32>, tensor<3x3xf32>) {
  %y:3 = "axir.svd"(%operand) {compute_uv = 1 : i64, full_matrices = 0 : i64} : (tensor<4x3xf32>) -> (tensor<3xf32>, tensor<4x3xf32>, tensor<3x3xf32>)
  return %y#0, %y#1, %y#2 : tensor<3xf32>, tensor<4x3xf32>, tensor<3x3xf32>
}

// axir.pinv
func.func @example(%operand: tensor<4x2xf32>, %rtol: tensor<f32>) -> tensor<2x4xf32> {
  %y = "axir.pinv"(%operand, %rtol) : (tensor<4x2xf32>, tensor<f32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// axir.linear_call
func.func private @halved(%divisor: tensor<f32>, %x: tensor<f32>) -> tensor<f32> {
  %y = "axir.div"(%x, %divisor) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func @example(%divisor: tensor<f32>, %x: tensor<f32>) -> tensor<f32> {
  %y = "axir.linear_call"(%divisor, %x) {callee = @halved, inputs = 2 : i64, residuals = 1 : i64, transposed = @halved} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}

// axir.linear_solve
func.func private @multiply(%x: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.mul"(%d, %x) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
func.func private @divide(%b: tensor<3xf32>, %d: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.div"(%b, %d) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
func.func @example(%b: tensor<3xf32>, %diagonal: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.linear_solve"(%b, %diagonal) {callee = @divide, can_transpose = 1 : i64, inputs = 1 : i64, matvec = @multiply, transposed = @divide} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.reduce_precision
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.reduce_precision"(%operand) {exponent_bits = 4 : i64, mantissa_bits = 3 : i64} : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.threefry2x32
func.func @example(%key0: tensor<5xui32>, %key1: tensor<5xui32>, %x0: tensor<5xui32>, %x1: tensor<5xui32>) -> (tensor<5xui32>, tensor<5xui32>) {
  %y:2 = "axir.threefry2x32"(%key0, %key1, %x0, %x1) : (tensor<5xui32>, tensor<5xui32>, tensor<5xui32>, tensor<5xui32>) -> (tensor<5xui32>, tensor<5xui32>)
  return %y#0, %y#1 : tensor<5xui32>, tensor<5xui32>
}

// axir.reduce_sum
func.func @example(%operand: tensor<3x5xf32>) -> tensor<3xf32> {
  %y = "axir.reduce_sum"(%operand) {axes = array<i64: 1>} : (tensor<3x5xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.reduce_prod
func.func @example(%operand: tensor<3x5xf32>) -> tensor<3xf32> {
  %y = "axir.reduce_prod"(%operand) {axes = array<i64: 1>} : (tensor<3x5xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.reduce_max
func.func @example(%operand: tensor<3x5xf32>) -> tensor<3xf32> {
  %y = "axir.reduce_max"(%operand) {axes = array<i64: 1>} : (tensor<3x5xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.reduce_min
func.func @example(%operand: tensor<3x5xf32>) -> tensor<3xf32> {
  %y = "axir.reduce_min"(%operand) {axes = array<i64: 1>} : (tensor<3x5xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.reduce_and
func.func @example(%operand: tensor<3x5xi32>) -> tensor<3xi32> {
  %y = "axir.reduce_and"(%operand) {axes = array<i64: 1>} : (tensor<3x5xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.reduce_or
func.func @example(%operand: tensor<3x5xi32>) -> tensor<3xi32> {
  %y = "axir.reduce_or"(%operand) {axes = array<i64: 1>} : (tensor<3x5xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.reduce_xor
func.func @example(%operand: tensor<3x5xi32>) -> tensor<3xi32> {
  %y = "axir.reduce_xor"(%operand) {axes = array<i64: 1>} : (tensor<3x5xi32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.argmax
func.func @example(%operand: tensor<3x5xf32>) -> tensor<3xi32> {
  %y = "axir.argmax"(%operand) {axis = 1 : i64, index_dtype = i32} : (tensor<3x5xf32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.argmin
func.func @example(%operand: tensor<3x5xf32>) -> tensor<3xi32> {
  %y = "axir.argmin"(%operand) {axis = 1 : i64, index_dtype = i32} : (tensor<3x5xf32>) -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// axir.reduce_window_sum
func.func @example(%operand: tensor<4x6xf32>) -> tensor<2x3xf32> {
  %y = "axir.reduce_window_sum"(%operand) {base_dilation = array<i64: 1, 1>, padding_high = array<i64: 0, 0>, padding_low = array<i64: 0, 0>, window_dilation = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>} : (tensor<4x6xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// axir.reduce_window_prod
func.func @example(%operand: tensor<4x6xf32>) -> tensor<2x3xf32> {
  %y = "axir.reduce_window_prod"(%operand) {base_dilation = array<i64: 1, 1>, padding_high = array<i64: 0, 0>, padding_low = array<i64: 0, 0>, window_dilation = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>} : (tensor<4x6xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// axir.reduce_window_max
func.func @example(%operand: tensor<4x6xf32>) -> tensor<2x3xf32> {
  %y = "axir.reduce_window_max"(%operand) {base_dilation = array<i64: 1, 1>, padding_high = array<i64: 0, 0>, padding_low = array<i64: 0, 0>, window_dilation = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>} : (tensor<4x6xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// axir.reduce_window_min
func.func @example(%operand: tensor<4x6xf32>) -> tensor<2x3xf32> {
  %y = "axir.reduce_window_min"(%operand) {base_dilation = array<i64: 1, 1>, padding_high = array<i64: 0, 0>, padding_low = array<i64: 0, 0>, window_dilation = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>} : (tensor<4x6xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// axir.select_and_gather_add
func.func @example(%source: tensor<4x6xf32>, %operand: tensor<4x6xf32>) -> tensor<2x3xf32> {
  %y = "axir.select_and_gather_add"(%source, %operand) {base_dilation = array<i64: 1, 1>, extremum = "max", padding_high = array<i64: 0, 0>, padding_low = array<i64: 0, 0>, window_dilation = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>} : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// axir.select_and_scatter_add
func.func @example(%source: tensor<2x3xf32>, %operand: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %y = "axir.select_and_scatter_add"(%source, %operand) {base_dilation = array<i64: 1, 1>, extremum = "max", padding_high = array<i64: 0, 0>, padding_low = array<i64: 0, 0>, window_dilation = array<i64: 1, 1>, window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 2>} : (tensor<2x3xf32>, tensor<4x6xf32>) -> tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

// axir.scan
func.func @running_sum(%total: tensor<f32>, %xs: tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>) {
  %y:2 = "axir.scan"(%total, %xs) ({
  ^bb0(%c: tensor<f32>, %x: tensor<f32>):
    %s = "axir.add"(%c, %x) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "axir.yield"(%s, %s) : (tensor<f32>, tensor<f32>) -> ()
  }) {carry = 1 : i64, length = 4 : i64, reverse = false, xs = 1 : i64} : (tensor<f32>, tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>)
  return %y#0, %y#1 : tensor<f32>, tensor<4xf32>
}

// axir.scatter
func.func @example(%operand: tensor<5x4xf32>, %indices: tensor<3x1xi32>, %updates: tensor<3x4xf32>) -> tensor<5x4xf32> {
  %y = "axir.scatter"(%operand, %indices, %updates) {collapsed_slice_dims = array<i64: 0>, mode = "clip", offset_dims = array<i64: 1>, operand_batching_dims = array<i64>, start_index_map = array<i64: 0>, start_indices_batching_dims = array<i64>, unique_indices = 0 : i64} : (tensor<5x4xf32>, tensor<3x1xi32>, tensor<3x4xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// axir.scatter_add
func.func @example(%operand: tensor<5x4xf32>, %indices: tensor<3x1xi32>, %updates: tensor<3x4xf32>) -> tensor<5x4xf32> {
  %y = "axir.scatter_add"(%operand, %indices, %updates) {collapsed_slice_dims = array<i64: 0>, mode = "clip", offset_dims = array<i64: 1>, operand_batching_dims = array<i64>, start_index_map = array<i64: 0>, start_indices_batching_dims = array<i64>, unique_indices = 0 : i64} : (tensor<5x4xf32>, tensor<3x1xi32>, tensor<3x4xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// axir.scatter_mul
func.func @example(%operand: tensor<5x4xf32>, %indices: tensor<3x1xi32>, %updates: tensor<3x4xf32>) -> tensor<5x4xf32> {
  %y = "axir.scatter_mul"(%operand, %indices, %updates) {collapsed_slice_dims = array<i64: 0>, mode = "clip", offset_dims = array<i64: 1>, operand_batching_dims = array<i64>, start_index_map = array<i64: 0>, start_indices_batching_dims = array<i64>, unique_indices = 1 : i64} : (tensor<5x4xf32>, tensor<3x1xi32>, tensor<3x4xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// axir.scatter_min
func.func @example(%operand: tensor<5x4xf32>, %indices: tensor<3x1xi32>, %updates: tensor<3x4xf32>) -> tensor<5x4xf32> {
  %y = "axir.scatter_min"(%operand, %indices, %updates) {collapsed_slice_dims = array<i64: 0>, mode = "clip", offset_dims = array<i64: 1>, operand_batching_dims = array<i64>, start_index_map = array<i64: 0>, start_indices_batching_dims = array<i64>, unique_indices = 0 : i64} : (tensor<5x4xf32>, tensor<3x1xi32>, tensor<3x4xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// axir.scatter_max
func.func @example(%operand: tensor<5x4xf32>, %indices: tensor<3x1xi32>, %updates: tensor<3x4xf32>) -> tensor<5x4xf32> {
  %y = "axir.scatter_max"(%operand, %indices, %updates) {collapsed_slice_dims = array<i64: 0>, mode = "clip", offset_dims = array<i64: 1>, operand_batching_dims = array<i64>, start_index_map = array<i64: 0>, start_indices_batching_dims = array<i64>, unique_indices = 0 : i64} : (tensor<5x4xf32>, tensor<3x1xi32>, tensor<3x4xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// axir.broadcast_in_dim
func.func @example(%operand: tensor<3xf32>) -> tensor<2x3xf32> {
  %y = "axir.broadcast_in_dim"(%operand) {dimensions = array<i64: 1>, shape = array<i64: 2, 3>} : (tensor<3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// axir.reshape
func.func @example(%operand: tensor<2x6xf32>) -> tensor<3x4xf32> {
  %y = "axir.reshape"(%operand) {shape = array<i64: 3, 4>} : (tensor<2x6xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// axir.transpose
func.func @example(%operand: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  %y = "axir.transpose"(%operand) {permutation = array<i64: 2, 0, 1>} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
  return %y : tensor<4x2x3xf32>
}

// axir.reverse
func.func @example(%operand: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = "axir.reverse"(%operand) {dimensions = array<i64: 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// axir.concatenate
func.func @example(%operand0: tensor<2x3xf32>, %operand1: tensor<1x3xf32>) -> tensor<3x3xf32> {
  %y = "axir.concatenate"(%operand0, %operand1) {dimension = 0 : i64} : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>
  return %y : tensor<3x3xf32>
}

// axir.pad
func.func @example(%operand: tensor<2x3xf32>, %padding_value: tensor<f32>) -> tensor<5x6xf32> {
  %y = "axir.pad"(%operand, %padding_value) {high = array<i64: 2, 3>, interior = array<i64: 0, 0>, low = array<i64: 1, 0>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<5x6xf32>
  return %y : tensor<5x6xf32>
}

// axir.slice
func.func @example(%operand: tensor<4x6xf32>) -> tensor<2x3xf32> {
  %y = "axir.slice"(%operand) {limit = array<i64: 3, 6>, start = array<i64: 1, 0>, stride = array<i64: 1, 2>} : (tensor<4x6xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// axir.sort
func.func @example(%operand0: tensor<5xf32>, %operand1: tensor<5xi32>) -> (tensor<5xf32>, tensor<5xi32>) {
  %y:2 = "axir.sort"(%operand0, %operand1) {dimension = 0 : i64, num_keys = 1 : i64} : (tensor<5xf32>, tensor<5xi32>) -> (tensor<5xf32>, tensor<5xi32>)
  return %y#0, %y#1 : tensor<5xf32>, tensor<5xi32>
}

// axir.searchsorted
func.func @example(%sorted: tensor<7xf32>, %values: tensor<2xf32>) -> tensor<2xi32> {
  %y = "axir.searchsorted"(%sorted, %values) {right = false} : (tensor<7xf32>, tensor<2xf32>) -> tensor<2xi32>
  return %y : tensor<2xi32>
}

// axir.igamma
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.igamma"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.igammac
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.igammac"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.igamma_grad_a
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.igamma_grad_a"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.random_gamma_grad
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.random_gamma_grad"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.regularized_incomplete_beta
func.func @example(%a: tensor<3xf32>, %b: tensor<3xf32>, %x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.regularized_incomplete_beta"(%a, %b, %x) : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.zeta
func.func @example(%lhs: tensor<3xf32>, %rhs: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.zeta"(%lhs, %rhs) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.bessel_i0e
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.bessel_i0e"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.bessel_i1e
func.func @example(%operand: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.bessel_i1e"(%operand) : (tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.switch
func.func @example(%index: tensor<i32>, %x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.switch"(%index, %x) ({
  ^bb0(%a: tensor<3xf32>):
    %b = "axir.sin"(%a) : (tensor<3xf32>) -> tensor<3xf32>
    "axir.yield"(%b) : (tensor<3xf32>) -> ()
  }, {
  ^bb0(%a: tensor<3xf32>):
    %b = "axir.cos"(%a) : (tensor<3xf32>) -> tensor<3xf32>
    "axir.yield"(%b) : (tensor<3xf32>) -> ()
  }) : (tensor<i32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.jvp
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.sin"(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func @example(%x: tensor<f32>, %dx: tensor<f32>) -> tensor<f32> {
  %y:2 = "axir.jvp"(%x, %dx) {callee = @f, wrt = array<i64: 0>} : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %y#1 : tensor<f32>
}

// axir.vjp
func.func private @f(%x: tensor<f32>) -> tensor<f32> {
  %y = "axir.sin"(%x) : (tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func @example(%x: tensor<f32>, %ct: tensor<f32>) -> tensor<f32> {
  %y:2 = "axir.vjp"(%x, %ct) {callee = @f, seeds = array<i64: 0>, wrt = array<i64: 0>} : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %y#1 : tensor<f32>
}

// axir.linear_transpose
func.func private @scale(%c: tensor<3xf32>, %x: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.mul"(%c, %x) : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}
func.func @example(%c: tensor<3xf32>, %ct: tensor<3xf32>) -> tensor<3xf32> {
  %y = "axir.linear_transpose"(%c, %ct) {callee = @scale, wrt = array<i64: 1>} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.vmap
func.func private @f(%x: tensor<4xf32>, %scale: tensor<f32>) -> tensor<f32> {
  %s = "axir.reduce_sum"(%x) {axes = array<i64: 0>} : (tensor<4xf32>) -> tensor<f32>
  %y = "axir.mul"(%s, %scale) : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
func.func @example(%x: tensor<3x4xf32>, %scale: tensor<f32>) -> tensor<3xf32> {
  %y = "axir.vmap"(%x, %scale) {axis_name = "", callee = @f, in_axes = array<i64: 0, -1>, out_axes = array<i64: 0>, size = 3 : i64} : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// axir.while_loop
func.func @doubled_until(%start: tensor<f32>, %limit: tensor<f32>) -> tensor<f32> {
  %y = "axir.while_loop"(%start, %limit) ({
  ^bb0(%c: tensor<f32>, %k: tensor<f32>):
    %p = "axir.compare"(%c, %k) {direction = "lt"} : (tensor<f32>, tensor<f32>) -> tensor<i1>
    "axir.yield"(%p) : (tensor<i1>) -> ()
  }, {
  ^bb0(%c: tensor<f32>, %k: tensor<f32>):
    %n = "axir.add"(%c, %c) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "axir.yield"(%n) : (tensor<f32>) -> ()
  }) {carry = 1 : i64} : (tensor<f32>, tensor<f32>) -> tensor<f32>
  return %y : tensor<f32>
}
