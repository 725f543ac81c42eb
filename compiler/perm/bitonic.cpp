// Bitonic sorting network of any width (Batcher, "Sorting networks and their applications", 1968),
// in the form whose comparators all point one way: the smaller key goes to the low line.
//
// L = ceil(log2 n) phases; phase k sorts aligned groups of 2^k lines. Its first stage joins every
// line with its mirror in the group, the others join lines 2^s apart, s = k-2 .. 0: L(L+1)/2
// stages. For n below 2^L the lines above n would hold +infinity, which no comparator moves:
// comparators that touch them are left out.
//
//     n = 4   stage 0: (0,1) (2,3)   stage 1: (0,3) (1,2)   stage 2: (0,1) (2,3)      6 switches
//
// Routing is sorting: line i carries the slot that it goes to as its key, and a comparator that
// exchanges keys is a crossed switch. The hardware does this by itself (rtl/pl_bitonic.sv).

#include <algorithm>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/circuits.h"

namespace permloom {
namespace {

class Bitonic final : public Circuit {
  public:
    std::string_view name() const override { return "bitonic"; }
    std::string_view summary() const override { return "sorting network, sets itself from keys"; }

    Topology topology(int lines) const override {
        PERMLOOM_ASSERT(lines >= 1);
        Topology topology;
        topology.lines = lines;
        const int levels = ceil_log2(static_cast<uint64_t>(lines));
        for (int k = 1; k <= levels; ++k)
            for (int s = k - 1; s >= 0; --s) {
                const int group_mask = (1 << k) - 1, distance = 1 << s;
                std::vector<Switch> stage;
                for (int low = 0; low < lines; ++low) {
                    if (low & distance) continue;
                    const bool mirrors = s == k - 1;
                    const int high = mirrors ? low ^ group_mask : low + distance;
                    if (high < lines) stage.push_back({low, high});
                }
                topology.stages.push_back(std::move(stage));
            }
        return topology;
    }

    SwitchBits route(const Permutation& source) const override {
        const Topology network = topology(source.size());
        SwitchBits bits(network.row_widths());
        const Permutation slot_of_line = source.inverse();
        std::vector<int32_t> keys(slot_of_line.values().begin(), slot_of_line.values().end());
        for (int d = 0; d < network.stage_count(); ++d) {
            const auto& stage = network.stages[static_cast<size_t>(d)];
            for (size_t i = 0; i < stage.size(); ++i) {
                int32_t& low = keys[static_cast<size_t>(stage[i].low)];
                int32_t& high = keys[static_cast<size_t>(stage[i].high)];
                if (low <= high) continue;
                std::swap(low, high);
                bits.set(d, static_cast<int>(i));
            }
        }
        return bits;
    }
};

}  // namespace

std::unique_ptr<Circuit> make_bitonic() {
    return std::make_unique<Bitonic>();
}

}  // namespace permloom
