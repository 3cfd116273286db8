// Negative padding cuts first; interior padding inserts with a stride.
// RUN: axir opt %s --passes 'lower-to-linalg' | filecheck %s

// CHECK-LABEL: func.func public @main(
// CHECK-SAME:    %[[A0:.+]]: tensor<5xf32>, %[[A1:.+]]: tensor<f32>) -> tensor<9xf32>
// CHECK-NEXT:    %[[EXTRACTED_SLICE:.+]] = tensor.extract_slice %[[A0]][1] [4] [1]
// CHECK-NEXT:    %[[V0:.+]] = tensor.empty()
// CHECK-NEXT:    %[[V1:.+]] = linalg.generic {indexing_maps = [#map, #map1], iterator_types = ["parallel"]} ins(%[[A1]] : tensor<f32>) outs(%[[V0]] : tensor<9xf32>) {
// CHECK-NEXT:    ^bb0(%[[IN:.+]]: f32, %[[OUT:.+]]: f32):
// CHECK-NEXT:    linalg.yield %[[IN]]
// CHECK-NEXT:    } -> tensor<9xf32>
// CHECK-NEXT:    %[[INSERTED_SLICE:.+]] = tensor.insert_slice %[[EXTRACTED_SLICE]] into %[[V1]][1] [4] [2]
// CHECK-NEXT:    return %[[INSERTED_SLICE]]

func.func @main(%x: tensor<5xf32>, %c: tensor<f32>) -> tensor<9xf32> {
  %a = "axir.pad"(%x, %c) {low = array<i64: -1>, high = array<i64: 1>, interior = array<i64: 1>} : (tensor<5xf32>, tensor<f32>) -> tensor<9xf32>
  return %a : tensor<9xf32>
}
