#include "compiler/perm/as_waksman_router.h"

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/circuits.h"

namespace permloom {
namespace {

/// Numbers of the switches of one level's two stages, by low line: the closed form of the order in
/// which as_waksman_topology lists them.
class LevelIndex {
  public:
    LevelIndex(int lines, int level) : level_(level), mask_((1 << level) - 1) {
        const int remainder = lines & mask_;  // residues below it have one line more
        const bool short_blocks_even = (lines >> level) % 2 == 0;
        odd_begin_ = short_blocks_even ? 0 : remainder;
        odd_end_ = short_blocks_even ? remainder : mask_ + 1;
    }

    bool block_is_odd(int residue) const { return residue >= odd_begin_ && residue < odd_end_; }
    int first_half(int low) const { return ((low >> (level_ + 1)) << level_) | (low & mask_); }
    /// The block's first switch exists only where the block is odd.
    int second_half(int low) const {
        const int group = low >> (level_ + 1);
        if (group == 0) return low - odd_begin_;
        return odd_end_ - odd_begin_ + ((group - 1) << level_) + (low & mask_);
    }

  private:
    int level_, mask_, odd_begin_ = 0, odd_end_ = 0;
};

constexpr int8_t UPPER = 0, LOWER = 1, OPEN = -1;

}  // namespace

SwitchBits route_as_waksman(const Permutation& source) {
    const int lines = source.size();
    PERMLOOM_ASSERT(lines >= 1);
    const int levels = ceil_log2(static_cast<uint64_t>(lines));
    SwitchBits bits(as_waksman_topology(lines).row_widths());

    // wanted[o] = i: inside the current level's blocks, output line o must come from input line i.
    std::vector<int32_t> wanted(source.values().begin(), source.values().end());
    std::vector<int32_t> goes_to(wanted.size()), next(wanted.size());
    std::vector<int8_t> half(wanted.size());  // sub-network that serves an output line

    for (int level = 0; level + 1 < levels; ++level) {
        const LevelIndex index(lines, level);
        const int distance = 1 << level;
        const int input_stage = level, output_stage = 2 * levels - 2 - level;
        for (int o = 0; o < lines; ++o)
            goes_to[static_cast<size_t>(wanted[static_cast<size_t>(o)])] = o;
        half.assign(half.size(), OPEN);

        // One loop of constraints: the partner of an output takes the other half, and so does the
        // partner of its input. Ends where it began, or at a line without a partner.
        const auto follow = [&](int output) {
            for (;;) {
                half[static_cast<size_t>(output)] = UPPER;
                const int input = wanted[static_cast<size_t>(output)];
                const int other_input = input ^ distance;
                if (other_input >= lines) return;
                if (input & distance) bits.set(input_stage, index.first_half(other_input));
                const int other_output = goes_to[static_cast<size_t>(other_input)];
                half[static_cast<size_t>(other_output)] = LOWER;
                output = other_output ^ distance;
                // Only a line of the upper half can lack a partner, and that one is where we began.
                if (output >= lines || half[static_cast<size_t>(output)] != OPEN) return;
            }
        };

        // Forced starts: the last line of an odd block, the left-out switch of an even one.
        for (int residue = 0; residue < distance; ++residue) {
            const int size = (lines - residue + distance - 1) / distance;
            follow(index.block_is_odd(residue) ? residue + (size - 1) * distance : residue);
        }
        for (int low = 0; low + distance < lines; ++low)
            if (!(low & distance) && half[static_cast<size_t>(low)] == OPEN) follow(low);

        for (int o = 0; o < lines; ++o) {
            const int i = wanted[static_cast<size_t>(o)];
            const bool lower = half[static_cast<size_t>(o)] == LOWER;
            const int outer = lower ? o | distance : o & ~distance;
            next[static_cast<size_t>(outer)] = lower ? i | distance : i & ~distance;
            if (!(o & distance) && lower) bits.set(output_stage, index.second_half(o));
        }
        wanted.swap(next);
    }

    if (levels > 0) {
        // The middle stage: blocks of one or two lines.
        const LevelIndex index(lines, levels - 1);
        const int distance = 1 << (levels - 1);
        for (int low = 0; low + distance < lines; ++low)
            if (wanted[static_cast<size_t>(low)] != low)
                bits.set(levels - 1, index.first_half(low));
    }
    return bits;
}

namespace {

class AsWaksman final : public Circuit {
  public:
    std::string_view name() const override { return "as-waksman"; }
    std::string_view summary() const override { return "Benes, less what can stay straight"; }
    Topology topology(int lines) const override { return as_waksman_topology(lines); }
    SwitchBits route(const Permutation& source) const override { return route_as_waksman(source); }
};

}  // namespace

std::unique_ptr<Circuit> make_as_waksman() {
    return std::make_unique<AsWaksman>();
}

}  // namespace permloom
