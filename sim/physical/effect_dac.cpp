// Inputs are driven in fewer steps than their codes have.
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class Dac final : public Effect {
  public:
    std::string_view name() const override { return "dac"; }
    std::string_view summary() const override { return "resolution of the inputs"; }
    bool present(const DeviceModel& model) const override { return model.converter.dac_bits > 0; }
    void remove(DeviceModel& model) const override { model.converter.dac_bits = 0; }
    void read(const DeviceModel& model, Reading& reading) const override {
        reading.dac_bits = model.converter.dac_bits;
    }
};

}  // namespace

std::unique_ptr<Effect> make_dac() {
    return std::make_unique<Dac>();
}

}  // namespace permloom
