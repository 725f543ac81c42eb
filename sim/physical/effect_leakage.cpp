// A device of value 0 conducts: 1 / on_off_ratio of what the largest one does. It is there before
// any spread, in `nominal_layer`; where a slot is a pair it cancels, else the reference takes it
// away.
#include <cmath>
#include <limits>

#include "sim/physical/effects.h"

namespace permloom {
namespace {

class Leakage final : public Effect {
  public:
    std::string_view name() const override { return "leakage"; }
    std::string_view summary() const override { return "conductance of value 0"; }
    bool present(const DeviceModel& model) const override {
        return std::isfinite(model.device.on_off_ratio);
    }
    void remove(DeviceModel& model) const override {
        model.device.on_off_ratio = std::numeric_limits<double>::infinity();
    }
};

}  // namespace

std::unique_ptr<Effect> make_leakage() {
    return std::make_unique<Leakage>();
}

}  // namespace permloom
