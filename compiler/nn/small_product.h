/// Products of matrices that fit the second-level cache, as the steps of small networks have:
/// without the packing that larger ones are worth.
#pragma once

#include "compiler/nn/matrix.h"

namespace permloom {

/// Whether the functions below exist (they need AVX-512) and are made for these sizes: a result of
/// rows x columns, each element a sum of `summed` products.
bool suits_small_product(int rows, int columns, int summed);

/// c = a * b where a(row, i) = a[row * row_step + i * summed_step]: a matrix or its transpose.
void small_product(const float* a, long row_step, long summed_step, ConstMatrix b, Matrix c);
/// c = a * transpose(b)
void small_product_transposed(ConstMatrix a, ConstMatrix b, Matrix c);

}  // namespace permloom
