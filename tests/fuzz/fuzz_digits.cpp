#include "compiler/perm/factorial_stream.h"
#include "tests/fuzz/fuzz.h"

using namespace permloom;

namespace {

/// Up to 127 digits, or beyond the 1024 of one vector, drawn from the input again and again;
/// reduced into range, or as they are.
std::vector<int32_t> draw_digits(fuzz::Input& input, bool falling_radices) {
    const bool reduce = input.byte() % 4 != 0;
    const int32_t scale = input.byte() % 16 == 0 ? -1 : 1 + input.byte();
    const size_t more = input.byte() == 'L' ? 1000 : 0;
    const size_t n = more + input.byte() % 128;
    const std::span<const uint8_t> bytes = input.rest();
    std::vector<int32_t> digits(n);
    for (size_t i = 0; i < n && !bytes.empty(); ++i) {
        digits[i] = bytes[i % bytes.size()] * scale;
        const auto radix = static_cast<int32_t>(falling_radices ? n - i : i + 1);
        if (reduce) digits[i] = (digits[i] % radix + radix) % radix;
    }
    return digits;
}

}  // namespace

/// Digits that are accepted make a permutation with these digits.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    fuzz::Input input(data, size);
    const bool lehmer = input.byte() % 2 == 0;
    const std::vector<int32_t> digits = draw_digits(input, lehmer);
    std::vector<int32_t> values(digits.size()), again(digits.size());
    try {
        if (lehmer)
            from_lehmer_digits(digits, values);
        else
            from_factorial_digits(digits, values);
    } catch (const Error&) {
        return 0;
    }
    const Permutation p(values);  // an Error escapes unless they are one
    if (lehmer)
        lehmer_digits(p, again);
    else
        factorial_digits(p, again);
    fuzz::require(again == digits, "a permutation has the digits that it was made from");
    return 0;
}
