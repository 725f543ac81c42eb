// Dense Lehmer code: the Lehmer digits range-coded, digit r with the exact radix n - r.
//
// log2 n! plus at most two bits and the rounding of the range: below 0.1 bit for n = 784, below
// 50 bits up to n = 2^19. The digits are those of `lehmer`; only the packing differs.

#include "compiler/base/error.h"
#include "compiler/perm/code.h"
#include "compiler/perm/range_coder.h"

namespace permloom {
namespace {

constexpr const char* NAME = "lehmer-dense code";

class LehmerDenseCode final : public Code {
  public:
    std::string_view name() const override { return "lehmer-dense"; }

    uint64_t max_bits(const DeviceClasses& classes) const override {
        return range_coding::max_bits(log2_factorial(classes.slots()), classes.slots(),
                                      classes.slots());
    }

    void encode(const Permutation& source, const DeviceClasses&, BitWriter& out) const override {
        const std::vector<int32_t> digits = lehmer_digits(source);
        RangeEncoder encoder;
        uint64_t radix = digits.size();
        for (const int32_t digit : digits)
            encoder.put(static_cast<uint64_t>(digit), 1, radix--);
        encoder.finish(out);
    }

    Permutation decode(const DeviceClasses& classes, BitReader& in) const override {
        std::vector<int32_t> digits(classes.of_slot.size());
        RangeDecoder decoder(in);
        uint64_t radix = digits.size();
        for (int32_t& digit : digits) {
            decoder.split(radix);
            const uint64_t target = decoder.target(radix);
            decoder.take(target, 1, radix--);
            digit = static_cast<int32_t>(target);
        }
        decoder.finish(NAME);
        Permutation source = from_lehmer_digits(digits);
        if (!is_canonical(source, classes))
            throw Error(NAME, "lines of equal devices are not in ascending order");
        return source;
    }
};

}  // namespace

std::unique_ptr<Code> make_lehmer_dense_code() {
    return std::make_unique<LehmerDenseCode>();
}

}  // namespace permloom
