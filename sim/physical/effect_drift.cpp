// Conductances fall with a power of time, each device with its own.
#include "compiler/base/elementary.h"
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class Drift final : public Effect {
  public:
    std::string_view name() const override { return "drift"; }
    std::string_view summary() const override { return "conductance falling with time"; }
    bool present(const DeviceModel& model) const override {
        return model.device.drift_exponent != 0.0 || model.device.drift_deviation > 0.0;
    }
    void remove(DeviceModel& model) const override {
        model.device.drift_exponent = model.device.drift_deviation = 0.0;
    }
    void use(const DeviceArray& array, LayerInstance& layer) const override {
        const DeviceEffects& model = array.model.device;
        const double log_time = portable_log(array.model.operation.seconds / model.drift_reference);
        for_each_device(layer, [&](float& conductance, size_t cell, bool second) {
            const double exponent =
                model.drift_exponent +
                model.drift_deviation * array.draws.normal(PhysicalDraw::drift, cell, second);
            conductance = static_cast<float>(static_cast<double>(conductance) *
                                             portable_exp(-exponent * log_time));
        });
    }
};

}  // namespace

std::unique_ptr<Effect> make_drift() {
    return std::make_unique<Drift>();
}

}  // namespace permloom
