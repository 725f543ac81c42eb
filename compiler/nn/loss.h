/// Softmax cross-entropy over the first `classes` logits.
#pragma once

#include <cstdint>
#include <span>

#include "compiler/nn/matrix.h"

namespace permloom {

/// For each row r: loss[r] = -log softmax(logits[r][0..classes))[labels[r]] and
/// gradient[r] = weight * d loss[r] / d logits[r], zero for the logits beyond `classes`.
void softmax_cross_entropy(ConstMatrix logits, std::span<const uint8_t> labels, int classes,
                           float weight, Matrix gradient, std::span<double> loss);

/// Index of the largest of the first `classes` logits; the lowest index wins a tie, as in the
/// integer reference. Logits apart by no more than a millionth of the largest are tied: with few
/// device values equal sums are common, and the order of summation must not decide between them.
int predicted_class(const float* logits, int classes);

}  // namespace permloom
