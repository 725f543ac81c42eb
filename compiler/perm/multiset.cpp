// Multiset code: the class of every line by range coding with exact, shrinking counts.
//
// A class with m of the remaining M slots has probability m / M, so the product over all lines is
// prod m_l! / n!: the code is as long as the bound log2(n! / prod m_l!) plus at most two bits and
// the rounding of the range (below 0.1 bit for n = 784, below 50 bits up to n = 2^19). With all
// devices distinct the classes drawn are the Lehmer digits of the inverse wiring.

#include <array>

#include "compiler/perm/class_sequence.h"
#include "compiler/perm/code.h"
#include "compiler/perm/range_coder.h"
#include "compiler/perm/rank_tree.h"

namespace permloom {
namespace {

constexpr const char* NAME = "multiset code";

/// Remaining slots of each class, any number of classes.
class ManyClasses {
  public:
    explicit ManyClasses(const DeviceClasses& classes) : counts_(classes.sizes()) {
        tree_.reset(counts_);
    }
    uint64_t total() const { return static_cast<uint64_t>(tree_.total()); }
    uint64_t count(size_t c) const { return static_cast<uint64_t>(counts_[c]); }
    uint64_t before(size_t c) const { return static_cast<uint64_t>(tree_.before(c)); }
    void take(size_t c) {
        --counts_[c];
        tree_.take(c);
    }
    /// The class that the code points at, taken from the decoder and from here.
    size_t decode(RangeDecoder& decoder) {
        decoder.split(total());
        const RankTree::Found found = tree_.find(static_cast<int32_t>(decoder.target(total())));
        decoder.take(static_cast<uint64_t>(found.before), count(found.item), total());
        take(found.item);
        return found.item;
    }

  private:
    std::vector<int32_t> counts_;
    RankTree tree_;
};

/// The same for at most FEW classes: comparing with each of them is quicker than dividing.
class FewClasses {
  public:
    static constexpr size_t FEW = 4;

    explicit FewClasses(const DeviceClasses& classes) {
        before_.fill(static_cast<uint64_t>(classes.slots()));
        uint64_t sum = 0;
        size_t c = 0;
        for (const int32_t size : classes.sizes()) {
            before_[c++] = sum;
            sum += static_cast<uint64_t>(size);
        }
    }
    uint64_t total() const { return before_[FEW]; }
    uint64_t count(size_t c) const { return before_[c + 1] - before_[c]; }
    uint64_t before(size_t c) const { return before_[c]; }
    void take(size_t c) {
        for (size_t j = 1; j <= FEW; ++j)
            before_[j] -= c < j ? 1 : 0;
    }
    size_t decode(RangeDecoder& decoder) {
        decoder.split(total());
        size_t c = 0;
        // Classes with nothing left behind the last one that has start at the total.
        for (size_t j = 1; j < FEW; ++j)
            c += decoder.reaches(before_[j]) & (before_[j] < total()) ? 1 : 0;
        decoder.take(before(c), count(c), total());
        take(c);
        return c;
    }

  private:
    std::array<uint64_t, FEW + 1> before_;  ///< slots before each class; from the last on the total
};

template <class Counts>
void encode_sequence(const std::vector<int32_t>& sequence, Counts remaining,
                     RangeEncoder& encoder) {
    for (const int32_t one : sequence) {
        const auto c = static_cast<size_t>(one);
        encoder.put(remaining.before(c), remaining.count(c), remaining.total());
        remaining.take(c);
    }
}

template <class Counts>
void decode_sequence(RangeDecoder& decoder, Counts remaining, std::vector<int32_t>& sequence) {
    for (int32_t& c : sequence)
        c = static_cast<int32_t>(remaining.decode(decoder));
}

class MultisetCode final : public Code {
  public:
    std::string_view name() const override { return "multiset"; }

    uint64_t max_bits(const DeviceClasses& classes) const override {
        return range_coding::max_bits(wiring_bound_bits(classes), classes.slots(), classes.slots());
    }

    void encode(const Permutation& source, const DeviceClasses& classes,
                BitWriter& out) const override {
        RangeEncoder encoder;
        const std::vector<int32_t> sequence = class_sequence(source, classes);
        if (static_cast<size_t>(classes.count) <= FewClasses::FEW)
            encode_sequence(sequence, FewClasses(classes), encoder);
        else
            encode_sequence(sequence, ManyClasses(classes), encoder);
        encoder.finish(out);
    }

    Permutation decode(const DeviceClasses& classes, BitReader& in) const override {
        RangeDecoder decoder(in);
        std::vector<int32_t> sequence(classes.of_slot.size());
        if (static_cast<size_t>(classes.count) <= FewClasses::FEW)
            decode_sequence(decoder, FewClasses(classes), sequence);
        else
            decode_sequence(decoder, ManyClasses(classes), sequence);
        decoder.finish(NAME);
        return wiring_of(sequence, classes, NAME);
    }
};

}  // namespace

std::unique_ptr<Code> make_multiset_code() {
    return std::make_unique<MultisetCode>();
}

}  // namespace permloom
