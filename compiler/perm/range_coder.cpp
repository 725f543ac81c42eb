#include "compiler/perm/range_coder.h"

#include <cmath>

namespace permloom::range_coding {

uint64_t max_bits(double bits, int64_t symbols, int64_t largest) {
    constexpr double TWO_32 = 4294967296.0;
    const double loss =
        std::log2(1.0 + static_cast<double>(largest) / (TWO_32 - static_cast<double>(largest)));
    // Two bits for the tail, one for rounding in `bits` itself.
    return static_cast<uint64_t>(std::ceil(bits + static_cast<double>(symbols) * loss)) + 3;
}

}  // namespace permloom::range_coding
