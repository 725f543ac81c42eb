#include "compiler/base/counter_rng.h"

#include "compiler/base/elementary.h"

namespace permloom {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
    constexpr uint64_t MULTIPLY_0 = 0xd2511f53, MULTIPLY_1 = 0xcd9e8d57;
    constexpr uint32_t WEYL_0 = 0x9e3779b9, WEYL_1 = 0xbb67ae85;
    for (int round = 0; round < 10; ++round) {
        const uint64_t product_0 = MULTIPLY_0 * counter[0], product_1 = MULTIPLY_1 * counter[2];
        counter = {static_cast<uint32_t>(product_1 >> 32) ^ counter[1] ^ key[0],
                   static_cast<uint32_t>(product_1),
                   static_cast<uint32_t>(product_0 >> 32) ^ counter[3] ^ key[1],
                   static_cast<uint32_t>(product_0)};
        key[0] += WEYL_0;
        key[1] += WEYL_1;
    }
    return counter;
}

std::array<double, 2> CounterRng::uniforms(uint32_t purpose, uint32_t a, uint32_t b,
                                           uint32_t c) const {
    const std::array<uint32_t, 4> bits = philox({purpose, a, b, c}, key_);
    const auto number = [](uint32_t high, uint32_t low) {
        const uint64_t whole = (uint64_t{high} << 32 | low) >> 12;
        return (static_cast<double>(whole) + 0.5) * 0x1.0p-52;
    };
    return {number(bits[0], bits[1]), number(bits[2], bits[3])};
}

double CounterRng::normal(uint32_t purpose, uint32_t a, uint32_t b, uint32_t c) const {
    return normal_quantile(uniform(purpose, a, b, c));
}

}  // namespace permloom
