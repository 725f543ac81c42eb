/// What a table says of the weight vectors of a layer.
#pragma once

#include <cstdint>
#include <string>

#include "compiler/checkpoint/foreign.h"

namespace permloom::cli {

struct Measures {
    double low = 0.0, high = 0.0, mean = 0.0, sd = 0.0, zeros = 0.0;  ///< zeros: a fraction
    int64_t distinct = 0;
    double similarity = 0.0;  ///< NaN where all vectors are constant
    double wirings_log10 = 0.0;
};

Measures measure(const WeightVectors& layer);

/// "0.9062", "-" for NaN.
std::string similarity_text(double similarity);

}  // namespace permloom::cli
