// Switches that keep their setting whatever is loaded.
#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class StuckSwitches final : public Effect {
  public:
    std::string_view name() const override { return "stuck_switches"; }
    std::string_view summary() const override { return "switches stuck straight or crossed"; }
    bool present(const DeviceModel& model) const override {
        return model.switching.stuck_straight > 0.0 || model.switching.stuck_crossed > 0.0;
    }
    void remove(DeviceModel& model) const override {
        model.switching.stuck_straight = model.switching.stuck_crossed = 0.0;
    }

    void make(const DeviceArray& array, LayerInstance& layer) const override {
        if (!array.shape.has_network()) return;
        const SwitchEffects& model = array.model.switching;
        const Topology topology = as_waksman_topology(array.shape.lines());
        const int networks = array.shape.engine == Engine::spatial ? array.shape.outputs : 1;
        size_t number = 0;
        for (int network = 0; network < networks; ++network)
            for (size_t stage = 0; stage < topology.stages.size(); ++stage)
                for (size_t index = 0; index < topology.stages[stage].size(); ++index) {
                    const double draw = array.draws.uniform(PhysicalDraw::stuck_switch, number++);
                    if (draw < model.stuck_straight + model.stuck_crossed)
                        layer.stuck.push_back({network, static_cast<int>(stage),
                                               static_cast<int>(index),
                                               draw >= model.stuck_straight});
                }
    }
};

}  // namespace

std::unique_ptr<Effect> make_stuck_switches() {
    return std::make_unique<StuckSwitches>();
}

}  // namespace permloom
