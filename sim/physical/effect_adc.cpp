// Sums are read in steps.
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class Adc final : public Effect {
  public:
    std::string_view name() const override { return "adc"; }
    std::string_view summary() const override { return "resolution and range of the sums"; }
    bool present(const DeviceModel& model) const override { return model.converter.adc_bits > 0; }
    void remove(DeviceModel& model) const override { model.converter.adc_bits = 0; }
    void read(const DeviceModel& model, Reading& reading) const override {
        reading.adc_bits = model.converter.adc_bits;
        reading.full_range = model.converter.adc_full_range;
    }
};

}  // namespace

std::unique_ptr<Effect> make_adc() {
    return std::make_unique<Adc>();
}

}  // namespace permloom
