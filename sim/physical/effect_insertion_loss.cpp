// A switch passes less than it is given.
#include <cmath>

#include "compiler/base/elementary.h"
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class InsertionLoss final : public Effect {
  public:
    std::string_view name() const override { return "insertion_loss"; }
    std::string_view summary() const override { return "power lost in each switch passed"; }
    bool present(const DeviceModel& model) const override {
        return model.switching.insertion_loss_db > 0.0;
    }
    void remove(DeviceModel& model) const override { model.switching.insertion_loss_db = 0.0; }
    void pass(const DeviceModel& model, SwitchPass& pass) const override {
        const double kept =
            portable_exp(-model.switching.insertion_loss_db / 10.0 * portable_log(10.0));
        pass.through *= kept;
        pass.leak *= kept;
    }
};

}  // namespace

std::unique_ptr<Effect> make_insertion_loss() {
    return std::make_unique<InsertionLoss>();
}

}  // namespace permloom
