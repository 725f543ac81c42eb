// Index list: the line of every slot, ceil(log2 n) bits each. The baseline, and what an index
// memory would hold.

#include "compiler/base/error.h"
#include "compiler/perm/code.h"

namespace permloom {
namespace {

class IndexCode final : public Code {
  public:
    std::string_view name() const override { return "index"; }

    uint64_t max_bits(const DeviceClasses& classes) const override {
        const auto slots = static_cast<uint64_t>(classes.slots());
        return slots * static_cast<uint64_t>(ceil_log2(slots));
    }

    void encode(const Permutation& source, const DeviceClasses&, BitWriter& out) const override {
        const int bits = ceil_log2(static_cast<uint64_t>(source.size()));
        for (const int32_t line : source.values())
            out.put(static_cast<uint64_t>(line), bits);
    }

    Permutation decode(const DeviceClasses& classes, BitReader& in) const override {
        const int bits = ceil_log2(static_cast<uint64_t>(classes.slots()));
        std::vector<int32_t> values(classes.of_slot.size());
        in.get_fields(bits, values);
        Permutation source(std::move(values));
        if (!is_canonical(source, classes))
            throw Error("index code", "lines of equal devices are not in ascending order");
        return source;
    }
};

}  // namespace

std::unique_ptr<Code> make_index_code() {
    return std::make_unique<IndexCode>();
}

}  // namespace permloom
