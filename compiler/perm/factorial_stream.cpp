// Factorial stream: the digits of factorial_stream.h, digit i = 0, 1, 2, ... in ceil(log2(i + 1))
// bits, least significant bit first, nothing between them. Digit 0 has no bits. As 32-bit words:
// bit b of the string is bit b % 32 of word b / 32.

#include "compiler/perm/factorial_stream.h"

#include <bit>
#include <string>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/perm/code.h"

namespace permloom {
namespace {

constexpr const char* NAME = "factorial-stream code";

/// ceil(log2(i + 1)), the bits of 0..i.
int digit_bits(size_t i) {
    return static_cast<int>(std::bit_width(i));
}

[[noreturn]] void throw_out_of_range(size_t i, int64_t digit) {
    throw Error(NAME, "digit " + std::to_string(i) + " is " + std::to_string(digit) +
                          ", outside 0.." + std::to_string(i));
}

class FactorialStreamCode final : public Code {
  public:
    std::string_view name() const override { return "factorial-stream"; }

    uint64_t max_bits(const DeviceClasses& classes) const override {
        uint64_t sum = 0;
        for (size_t i = 0; i < classes.of_slot.size(); ++i)
            sum += static_cast<uint64_t>(digit_bits(i));
        return sum;
    }

    void encode(const Permutation& source, const DeviceClasses&, BitWriter& out) const override {
        std::vector<int32_t> digits(source.values().size());
        factorial_digits(source, digits);
        for (size_t i = 1; i < digits.size(); ++i)
            out.put(static_cast<uint64_t>(digits[i]), digit_bits(i));
    }

    Permutation decode(const DeviceClasses& classes, BitReader& in) const override {
        std::vector<int32_t> values(classes.of_slot.size());
        for (size_t i = 0; i < values.size(); ++i) {
            const auto digit = static_cast<size_t>(in.get(digit_bits(i)));
            if (digit > i) throw_out_of_range(i, static_cast<int64_t>(digit));
            values[i] = values[digit];
            values[digit] = static_cast<int32_t>(i);
        }
        Permutation source(std::move(values));
        if (!is_canonical(source, classes))
            throw Error(NAME, "lines of equal devices are not in ascending order");
        return source;
    }
};

}  // namespace

void factorial_digits(const Permutation& p, std::span<int32_t> digits) {
    PERMLOOM_ASSERT(digits.size() == p.values().size());
    thread_local std::vector<int32_t> values;
    values.assign(p.values().begin(), p.values().end());
    // The shuffle backwards: step i put the value i at digit[i] and what was there at i. `digits`
    // holds the place of every value meanwhile, and what it holds of value i at step i is the
    // digit.
    for (size_t i = 0; i < values.size(); ++i)
        digits[static_cast<size_t>(values[i])] = static_cast<int32_t>(i);
    for (size_t i = values.size(); i-- > 0;) {
        const int32_t moved = values[i];
        values[static_cast<size_t>(digits[i])] = moved;
        // For moved == i the value i stood at i: its place, already the digit, stays.
        digits[static_cast<size_t>(moved)] = digits[i];
    }
}

void from_factorial_digits(std::span<const int32_t> digits, std::span<int32_t> values) {
    PERMLOOM_ASSERT(digits.size() == values.size());
    for (size_t i = 0; i < digits.size(); ++i) {
        const int32_t digit = digits[i];
        if (digit < 0 || static_cast<size_t>(digit) > i) throw_out_of_range(i, digit);
        values[i] = values[static_cast<size_t>(digit)];
        values[static_cast<size_t>(digit)] = static_cast<int32_t>(i);
    }
}

std::unique_ptr<Code> make_factorial_stream_code() {
    return std::make_unique<FactorialStreamCode>();
}

}  // namespace permloom
