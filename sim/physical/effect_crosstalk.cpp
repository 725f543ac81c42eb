// A switch passes a part to the wrong output. Powers add: light of different lines is incoherent.
#include <cmath>
#include <limits>

#include "compiler/base/elementary.h"
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class Crosstalk final : public Effect {
  public:
    std::string_view name() const override { return "crosstalk"; }
    std::string_view summary() const override { return "power at the wrong output of a switch"; }
    bool present(const DeviceModel& model) const override {
        return std::isfinite(model.switching.crosstalk_db);
    }
    void remove(DeviceModel& model) const override {
        model.switching.crosstalk_db = std::numeric_limits<double>::infinity();
    }
    void pass(const DeviceModel& model, SwitchPass& pass) const override {
        // The two outputs share what came in, wrong / right = 10^(-dB / 10).
        const double ratio =
            portable_exp(-model.switching.crosstalk_db / 10.0 * portable_log(10.0));
        pass.leak = pass.through * ratio / (1.0 + ratio);
        pass.through /= 1.0 + ratio;
    }
};

}  // namespace

std::unique_ptr<Effect> make_crosstalk() {
    return std::make_unique<Crosstalk>();
}

}  // namespace permloom
