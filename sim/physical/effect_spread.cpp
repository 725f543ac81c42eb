// Devices differ from one another, each in proportion to what it should be.
#include <algorithm>

#include "compiler/base/elementary.h"
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class Spread final : public Effect {
  public:
    std::string_view name() const override { return "spread"; }
    std::string_view summary() const override { return "device-to-device spread, relative"; }
    bool present(const DeviceModel& model) const override { return model.device.spread > 0.0; }
    void remove(DeviceModel& model) const override { model.device.spread = 0.0; }
    void make(const DeviceArray& array, LayerInstance& layer) const override {
        const DeviceEffects& model = array.model.device;
        const bool lognormal = model.spread_kind == SpreadKind::lognormal;
        for_each_device(layer, [&](float& conductance, size_t cell, bool second) {
            const double deviation =
                model.spread * array.draws.normal(PhysicalDraw::spread, cell, second);
            const double factor =
                lognormal ? portable_exp(deviation) : std::max(1.0 + deviation, 0.0);
            conductance = static_cast<float>(static_cast<double>(conductance) * factor);
        });
    }
};

}  // namespace

std::unique_ptr<Effect> make_spread() {
    return std::make_unique<Spread>();
}

}  // namespace permloom
