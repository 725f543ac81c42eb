// Conductances change with the temperature, all of them in the same proportion.
#include <algorithm>

#include "sim/physical/effects.h"

namespace permloom {
namespace {

class Temperature final : public Effect {
  public:
    std::string_view name() const override { return "temperature"; }
    std::string_view summary() const override { return "conductance at another temperature"; }
    bool present(const DeviceModel& model) const override {
        return model.device.temperature_coefficient != 0.0;
    }
    void remove(DeviceModel& model) const override { model.device.temperature_coefficient = 0.0; }
    void use(const DeviceArray& array, LayerInstance& layer) const override {
        const DeviceEffects& model = array.model.device;
        const double factor =
            std::max(1.0 + model.temperature_coefficient *
                               (array.model.operation.kelvin - model.temperature_reference),
                     0.0);
        for_each_device(layer, [&](float& conductance, size_t, bool) {
            conductance = static_cast<float>(static_cast<double>(conductance) * factor);
        });
    }
};

}  // namespace

std::unique_ptr<Effect> make_temperature() {
    return std::make_unique<Temperature>();
}

}  // namespace permloom
