// Routes a Benes network as an AS-Waksman network whose left-out switches are there and straight.

#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/as_waksman_router.h"
#include "compiler/perm/benes.h"
#include "compiler/perm/circuits.h"

namespace permloom {
namespace {

class Benes final : public Circuit {
  public:
    std::string_view name() const override { return "benes"; }
    std::string_view summary() const override { return "two butterflies, any width"; }
    Topology topology(int lines) const override { return benes_topology(lines); }

    SwitchBits route(const Permutation& source) const override {
        const Topology full = benes_topology(source.size());
        const Topology kept = as_waksman_topology(source.size());
        const SwitchBits routed = route_as_waksman(source);
        SwitchBits bits(full.row_widths());
        for (int d = 0; d < full.stage_count(); ++d) {
            const auto& stage = full.stages[static_cast<size_t>(d)];
            const auto& kept_stage = kept.stages[static_cast<size_t>(d)];
            for (size_t i = 0, j = 0; i < stage.size() && j < kept_stage.size(); ++i)
                if (stage[i] == kept_stage[j])
                    bits.set(d, static_cast<int>(i), routed.at(d, static_cast<int>(j++)));
        }
        return bits;
    }
};

}  // namespace

std::unique_ptr<Circuit> make_benes() {
    return std::make_unique<Benes>();
}

}  // namespace permloom
