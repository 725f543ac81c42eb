// Lehmer code: the digits of a permutation in the factorial number system, packed into groups.
//
// p = {2, 0, 3, 1}  ->  digits {2, 0, 1, 0}, digit r below n - r.
//
// Groups are greedy: as many digits as keep the product of their radices within 2^64; the digits of
// a group form one number, its first digit least significant, in ceil(log2 product) bits.

#include <bit>

#include "compiler/base/error.h"
#include "compiler/perm/code.h"

namespace permloom {
namespace {

__extension__ using Wide = unsigned __int128;

/// Calls group(first, last, bits, largest) for the digit groups of an n-digit code; `largest` is
/// one less than the product of the radices, the largest value of the group.
template <class F>
void for_each_group(int n, F group) {
    for (int first = 0; first < n;) {
        Wide product = static_cast<Wide>(n - first);
        int last = first + 1;
        while (last < n && product * static_cast<Wide>(n - last) <= (Wide{1} << 64)) {
            product *= static_cast<Wide>(n - last);
            ++last;
        }
        const auto largest = static_cast<uint64_t>(product - 1);
        group(first, last, static_cast<int>(std::bit_width(largest)), largest);
        first = last;
    }
}

class LehmerCode final : public Code {
  public:
    std::string_view name() const override { return "lehmer"; }

    uint64_t max_bits(const DeviceClasses& classes) const override {
        uint64_t sum = 0;
        for_each_group(classes.slots(),
                       [&](int, int, int bits, uint64_t) { sum += static_cast<uint64_t>(bits); });
        return sum;
    }

    void encode(const Permutation& source, const DeviceClasses&, BitWriter& out) const override {
        const std::vector<int32_t> digits = lehmer_digits(source);
        const int n = source.size();
        for_each_group(n, [&](int first, int last, int bits, uint64_t) {
            uint64_t value = 0;
            for (int r = last - 1; r >= first; --r)
                value = value * static_cast<uint64_t>(n - r) +
                        static_cast<uint64_t>(digits[static_cast<size_t>(r)]);
            out.put(value, bits);
        });
    }

    Permutation decode(const DeviceClasses& classes, BitReader& in) const override {
        const int n = classes.slots();
        std::vector<int32_t> digits(static_cast<size_t>(n));
        for_each_group(n, [&](int first, int last, int bits, uint64_t largest) {
            uint64_t value = in.get(bits);
            if (value > largest)
                throw Error("lehmer code", "the digits " + std::to_string(first) + ".." +
                                               std::to_string(last - 1) + " are out of range");
            for (int r = first; r < last; ++r) {
                const auto radix = static_cast<uint64_t>(n - r);
                digits[static_cast<size_t>(r)] = static_cast<int32_t>(value % radix);
                value /= radix;
            }
        });
        Permutation source = from_lehmer_digits(digits);
        if (!is_canonical(source, classes))
            throw Error("lehmer code", "lines of equal devices are not in ascending order");
        return source;
    }
};

}  // namespace

std::unique_ptr<Code> make_lehmer_code() {
    return std::make_unique<LehmerCode>();
}

}  // namespace permloom
