/// Dense networks as plain loops in double precision: what the kernels are tested against.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "compiler/base/rng.h"

namespace permloom::testing {

inline double plain_loss(const std::vector<double>& logits, int label, int classes) {
    double sum = 0.0;
    for (int c = 0; c < classes; ++c)
        sum += std::exp(logits[static_cast<size_t>(c)]);
    return std::log(sum) - logits[static_cast<size_t>(label)];
}

inline std::vector<float> random_floats(size_t count, Rng& rng, double low = -1.0,
                                        double high = 1.0) {
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(rng.uniform(low, high));
    return values;
}

}  // namespace permloom::testing
