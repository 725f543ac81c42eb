// Noise where sums are read, from the amplifier on.
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class AdcNoise final : public Effect {
  public:
    std::string_view name() const override { return "adc_noise"; }
    std::string_view summary() const override { return "noise at the input of the ADC"; }
    bool present(const DeviceModel& model) const override {
        return model.converter.adc_noise > 0.0;
    }
    void remove(DeviceModel& model) const override { model.converter.adc_noise = 0.0; }
    void read(const DeviceModel& model, Reading& reading) const override {
        reading.adc_noise = model.converter.adc_noise;
        reading.full_range = model.converter.adc_full_range;
    }
};

}  // namespace

std::unique_ptr<Effect> make_adc_noise() {
    return std::make_unique<AdcNoise>();
}

}  // namespace permloom
