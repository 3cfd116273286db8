// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<4x9xf32>) -> tensor<4x4xf32>
// CHECK-NEXT:    %[[CST:.+]] = arith.constant dense<0xFF800000>
// CHECK-NEXT:    %[[PADDED:.+]] = tensor.pad %[[A0]] low[0, 1] high[0, 0] {
// CHECK-NEXT:    ^bb0(%[[A1:.+]]: index, %[[A2:.+]]: index):
// CHECK-NEXT:    %[[CST_1:.+]] = arith.constant 0xFF800000
// CHECK-NEXT:    tensor.yield %[[CST_1]]
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[CST_0:.+]] = arith.constant 0xFF800000
// CHECK-NEXT:    %[[V1:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V2:.+]] = linalg.fill ins(%[[CST_0]] : f32) outs(%[[V1]]
// CHECK-NEXT:    %[[V3:.+]] = linalg.generic {indexing_maps = [#map, #map1, #map2], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[PADDED]], %[[V0]] : tensor<4x10xf32>, tensor<3xf32>) outs(%[[V2]] : tensor<4x4xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[IN_1:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    %[[V4:.+]] = arith.maximumf %[[IN]], %[[OUT]]
// CHECK-NEXT:    linalg.yield %[[V4]]
// CHECK-NEXT:    } -> tensor<4x4xf32>
// CHECK-NEXT:    return %[[V3]]

func.func @main(%x: tensor<4x9xf32>) -> tensor<4x4xf32> {
  %a = "axir.reduce_window_max"(%x) {window_dimensions = array<i64: 1, 3>, window_strides = array<i64: 1, 2>, padding_low = array<i64: 0, 1>, padding_high = array<i64: 0, 0>, base_dilation = array<i64: 1, 1>, window_dilation = array<i64: 1, 1>} : (tensor<4x9xf32>) -> tensor<4x4xf32>
  return %a : tensor<4x4xf32>
}
