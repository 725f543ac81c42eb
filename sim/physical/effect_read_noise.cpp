// Every read of a device is a little off, and off otherwise the next time.
#include "sim/physical/effects.h"

namespace permloom {
namespace {

class ReadNoise final : public Effect {
  public:
    std::string_view name() const override { return "read_noise"; }
    std::string_view summary() const override { return "noise of each device in each read"; }
    bool present(const DeviceModel& model) const override { return model.device.read_noise > 0.0; }
    void remove(DeviceModel& model) const override { model.device.read_noise = 0.0; }
    void read(const DeviceModel& model, Reading& reading) const override {
        reading.read_noise = model.device.read_noise;
    }
};

}  // namespace

std::unique_ptr<Effect> make_read_noise() {
    return std::make_unique<ReadNoise>();
}

}  // namespace permloom
