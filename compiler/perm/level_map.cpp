// Level map: for every input line the class of its device, ceil(log2 L) bits each.
//
// Classes {0, 0, 1, 1}, source {1, 2, 0, 3}  ->  lines 0..3 on classes 1, 0, 0, 1.

#include "compiler/base/error.h"
#include "compiler/perm/class_sequence.h"
#include "compiler/perm/code.h"

namespace permloom {
namespace {

class LevelMapCode final : public Code {
  public:
    std::string_view name() const override { return "level-map"; }

    uint64_t max_bits(const DeviceClasses& classes) const override {
        return static_cast<uint64_t>(classes.slots()) *
               static_cast<uint64_t>(ceil_log2(static_cast<uint64_t>(classes.count)));
    }

    void encode(const Permutation& source, const DeviceClasses& classes,
                BitWriter& out) const override {
        const int bits = ceil_log2(static_cast<uint64_t>(classes.count));
        for (const int32_t c : class_sequence(source, classes))
            out.put(static_cast<uint64_t>(c), bits);
    }

    Permutation decode(const DeviceClasses& classes, BitReader& in) const override {
        const int bits = ceil_log2(static_cast<uint64_t>(classes.count));
        std::vector<int32_t> sequence(classes.of_slot.size());
        in.get_fields(bits, sequence);
        for (size_t line = 0; line < sequence.size(); ++line)
            if (sequence[line] >= classes.count)
                throw Error("level-map code", "line " + std::to_string(line) + " names class " +
                                                  std::to_string(sequence[line]) + " of " +
                                                  std::to_string(classes.count));
        return wiring_of(sequence, classes, "level-map code");
    }
};

}  // namespace

std::unique_ptr<Code> make_level_map_code() {
    return std::make_unique<LevelMapCode>();
}

}  // namespace permloom
