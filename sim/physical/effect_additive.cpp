// Devices differ from one another by as much, whatever they should be.
#include <algorithm>

#include "sim/physical/effects.h"

namespace permloom {
namespace {

class Additive final : public Effect {
  public:
    std::string_view name() const override { return "additive"; }
    std::string_view summary() const override {
        return "device-to-device spread, in parts of the largest value";
    }
    bool present(const DeviceModel& model) const override { return model.device.additive > 0.0; }
    void remove(DeviceModel& model) const override { model.device.additive = 0.0; }
    void make(const DeviceArray& array, LayerInstance& layer) const override {
        const double deviation = array.model.device.additive * (array.largest - array.smallest);
        const bool carried = array.model.device.sign == SignScheme::carried;
        for_each_device(layer, [&](float& conductance, size_t cell, bool second) {
            const double value =
                static_cast<double>(conductance) +
                deviation * array.draws.normal(PhysicalDraw::additive, cell, second);
            conductance = static_cast<float>(carried ? value : std::max(value, 0.0));
        });
    }
};

}  // namespace

std::unique_ptr<Effect> make_additive() {
    return std::make_unique<Additive>();
}

}  // namespace permloom
