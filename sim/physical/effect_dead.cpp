// Slots that contribute nothing at all: what stands there is as good as value 0.
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class Dead final : public Effect {
  public:
    std::string_view name() const override { return "dead"; }
    std::string_view summary() const override { return "slots that contribute nothing"; }
    bool present(const DeviceModel& model) const override { return model.device.dead > 0.0; }
    void remove(DeviceModel& model) const override { model.device.dead = 0.0; }
    void make(const DeviceArray& array, LayerInstance& layer) const override {
        for (size_t cell = 0; cell < layer.plus.size(); ++cell) {
            if (array.draws.uniform(PhysicalDraw::dead, cell) >= array.model.device.dead) continue;
            layer.plus[cell] = static_cast<float>(layer.reference);
            if (!layer.minus.empty()) layer.minus[cell] = layer.plus[cell];
        }
    }
};

}  // namespace

std::unique_ptr<Effect> make_dead() {
    return std::make_unique<Dead>();
}

}  // namespace permloom
