// Multiset code: the class of every line by range coding with exact, shrinking counts.
//
// A class with m of the remaining M slots has probability m / M, so the product over all lines is
// prod m_l! / n!: the code is as long as the bound log2(n! / prod m_l!) plus at most two bits and
// the rounding of the range (below 0.1 bit for n = 784, below 50 bits up to n = 2^19). With all
// devices distinct the classes drawn are the Lehmer digits of the inverse wiring.

#include "compiler/base/error.h"
#include "compiler/perm/class_sequence.h"
#include "compiler/perm/code.h"
#include "compiler/perm/range_coder.h"
#include "compiler/perm/rank_tree.h"

namespace permloom {
namespace {

constexpr const char* NAME = "multiset code";

/// Remaining slots of each class.
class Remaining {
  public:
    explicit Remaining(const DeviceClasses& classes) : counts_(classes.sizes()) {
        tree_.reset(counts_);
    }
    uint64_t total() const { return static_cast<uint64_t>(tree_.total()); }
    uint64_t count(size_t c) const { return static_cast<uint64_t>(counts_[c]); }
    uint64_t before(size_t c) const { return static_cast<uint64_t>(tree_.before(c)); }
    /// The class that holds position `position` of 0..total-1.
    RankTree::Found find(uint64_t position) const {
        return tree_.find(static_cast<int32_t>(position));
    }
    void take(size_t c) {
        --counts_[c];
        tree_.take(c);
    }

  private:
    std::vector<int32_t> counts_;
    RankTree tree_;
};

class MultisetCode final : public Code {
  public:
    std::string_view name() const override { return "multiset"; }

    uint64_t max_bits(const DeviceClasses& classes) const override {
        return range_coding::max_bits(wiring_bound_bits(classes), classes.slots(), classes.slots());
    }

    void encode(const Permutation& source, const DeviceClasses& classes,
                BitWriter& out) const override {
        RangeEncoder encoder;
        Remaining remaining(classes);
        for (const int32_t one : class_sequence(source, classes)) {
            const auto c = static_cast<size_t>(one);
            encoder.put(remaining.before(c), remaining.count(c), remaining.total());
            remaining.take(c);
        }
        encoder.finish(out);
    }

    Permutation decode(const DeviceClasses& classes, BitReader& in) const override {
        RangeDecoder decoder(in);
        Remaining remaining(classes);
        std::vector<int32_t> sequence(classes.of_slot.size());
        for (int32_t& c : sequence) {
            const uint64_t total = remaining.total();
            const RankTree::Found found = remaining.find(decoder.target(total));
            decoder.take(static_cast<uint64_t>(found.before), remaining.count(found.item), total);
            remaining.take(found.item);
            c = static_cast<int32_t>(found.item);
        }
        decoder.finish(NAME);
        return wiring_of(sequence, classes, NAME);
    }
};

}  // namespace

std::unique_ptr<Code> make_multiset_code() {
    return std::make_unique<MultisetCode>();
}

}  // namespace permloom
