// Devices that are broken open, or shorted.
#include <cmath>

#include "sim/physical/effects.h"

namespace permloom {
namespace {

class StuckDevices final : public Effect {
  public:
    std::string_view name() const override { return "stuck_devices"; }
    std::string_view summary() const override { return "devices stuck open or short"; }
    bool present(const DeviceModel& model) const override {
        return model.device.stuck_open > 0.0 || model.device.stuck_short > 0.0;
    }
    void remove(DeviceModel& model) const override {
        model.device.stuck_open = model.device.stuck_short = 0.0;
    }
    void make(const DeviceArray& array, LayerInstance& layer) const override {
        const DeviceEffects& model = array.model.device;
        const double short_value = model.short_conductance * array.largest;
        for_each_device(layer, [&](float& conductance, size_t cell, bool second) {
            if (array.draws.uniform(PhysicalDraw::stuck_open, cell, second) < model.stuck_open)
                conductance = 0.0F;
            else if (array.draws.uniform(PhysicalDraw::stuck_short, cell, second) <
                     model.stuck_short)
                conductance = std::copysign(static_cast<float>(short_value), conductance);
        });
    }
};

}  // namespace

std::unique_ptr<Effect> make_stuck_devices() {
    return std::make_unique<StuckDevices>();
}

}  // namespace permloom
