// Lehmer code: the digits of a permutation in the factorial number system, packed into groups.
//
// p = {2, 0, 3, 1}  ->  digits {2, 0, 1, 0}, digit r below n - r.
//
// Groups are greedy: as many digits as keep the product of their radices within 2^64; the digits of
// a group form one number, its first digit least significant, in ceil(log2 product) bits.

#include "compiler/base/error.h"
#include "compiler/perm/code.h"

namespace permloom {
namespace {

/// Binary indexed tree over 0..n-1 counting the values still present.
class PresentCounts {
  public:
    explicit PresentCounts(int n) : size_(n), tree_(static_cast<size_t>(n) + 1, 0) {
        for (int i = 1; i <= n; ++i)
            at(i) = i & -i;
        while (top_ * 2 <= n)
            top_ *= 2;
    }
    /// Values below `value` still present.
    int below(int value) const {
        int sum = 0;
        for (int i = value; i > 0; i -= i & -i)
            sum += tree_[static_cast<size_t>(i)];
        return sum;
    }
    void remove(int value) {
        for (int i = value + 1; i <= size_; i += i & -i)
            --at(i);
    }
    /// The present value with `rank` present values below it.
    int select(int rank) const {
        int position = 0;
        for (int step = top_; step > 0; step /= 2) {
            if (position + step > size_) continue;
            const int count = tree_[static_cast<size_t>(position + step)];
            if (count > rank) continue;
            rank -= count;
            position += step;
        }
        return position;
    }

  private:
    int32_t& at(int i) { return tree_[static_cast<size_t>(i)]; }
    int size_, top_ = 1;
    std::vector<int32_t> tree_;
};

__extension__ using Wide = unsigned __int128;

/// Calls group(first, last, bits) for the digit groups of an n-digit code.
template <class F>
void for_each_group(int n, F group) {
    for (int first = 0; first < n;) {
        Wide product = static_cast<Wide>(n - first);
        int last = first + 1;
        while (last < n && product * static_cast<Wide>(n - last) <= (Wide{1} << 64)) {
            product *= static_cast<Wide>(n - last);
            ++last;
        }
        int bits = 0;
        while ((Wide{1} << bits) < product)
            ++bits;
        group(first, last, bits, product);
        first = last;
    }
}

class LehmerCode final : public Code {
  public:
    std::string_view name() const override { return "lehmer"; }

    void encode(const Permutation& source, const DeviceClasses&, BitWriter& out) const override {
        const std::vector<int32_t> digits = lehmer_digits(source);
        const int n = source.size();
        for_each_group(n, [&](int first, int last, int bits, Wide) {
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
        for_each_group(n, [&](int first, int last, int bits, Wide product) {
            uint64_t value = in.get(bits);
            if (static_cast<Wide>(value) >= product)
                throw Error("lehmer code", "the digits " + std::to_string(first) + ".." +
                                               std::to_string(last - 1) + " are out of range");
            for (int r = first; r < last; ++r) {
                const auto radix = static_cast<uint64_t>(n - r);
                digits[static_cast<size_t>(r)] = static_cast<int32_t>(value % radix);
                value /= radix;
            }
        });
        Permutation source = from_lehmer_digits(digits);
        if (canonical(source, classes) != source)
            throw Error("lehmer code", "lines of equal devices are not in ascending order");
        return source;
    }
};

}  // namespace

std::vector<int32_t> lehmer_digits(const Permutation& p) {
    PresentCounts present(p.size());
    std::vector<int32_t> digits;
    digits.reserve(static_cast<size_t>(p.size()));
    for (const int32_t value : p.values()) {
        digits.push_back(present.below(value));
        present.remove(value);
    }
    return digits;
}

Permutation from_lehmer_digits(std::span<const int32_t> digits) {
    const int n = static_cast<int>(digits.size());
    PresentCounts present(n);
    std::vector<int32_t> values;
    values.reserve(digits.size());
    for (int r = 0; r < n; ++r) {
        const int32_t digit = digits[static_cast<size_t>(r)];
        if (digit < 0 || digit > n - 1 - r)
            throw Error("lehmer code", "digit " + std::to_string(r) + " is " +
                                           std::to_string(digit) + ", outside 0.." +
                                           std::to_string(n - 1 - r));
        values.push_back(present.select(digit));
        present.remove(values.back());
    }
    return Permutation(std::move(values));
}

std::unique_ptr<Code> make_lehmer_code() {
    return std::make_unique<LehmerCode>();
}

}  // namespace permloom
