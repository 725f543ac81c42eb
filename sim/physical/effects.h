/// Non-idealities, one file each behind one interface. What an effect is not concerned with it
/// leaves alone: the methods do nothing unless overridden.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/counter_rng.h"
#include "compiler/program/device_instance.h"
#include "compiler/spec/device_model.h"

namespace permloom {

/// Purposes of random draws. A number once given stays with its purpose: it is part of what a seed
/// means.
enum class PhysicalDraw : uint32_t {
    spread = 1,
    additive = 2,
    stuck_open = 3,
    stuck_short = 4,
    dead = 5,
    drift = 6,
    stuck_switch = 7,
    read_noise = 8,
    adc_noise = 9,
    training_spread = 10,
    training_noise = 11,
    training_dead = 12,
};

/// The draws for one layer of one chip.
struct LayerDraws {
    CounterRng rng;
    uint32_t layer = 0, trial = 0;

    /// Of a cell (bank * lines + slot), of the second device of a pair where `second`.
    double normal(PhysicalDraw purpose, size_t cell, bool second = false) const {
        return rng.normal(static_cast<uint32_t>(purpose), static_cast<uint32_t>(cell),
                          2 * layer + (second ? 1 : 0), trial);
    }
    double uniform(PhysicalDraw purpose, size_t cell, bool second = false) const {
        return rng.uniform(static_cast<uint32_t>(purpose), static_cast<uint32_t>(cell),
                           2 * layer + (second ? 1 : 0), trial);
    }
};

/// A layer whose devices are made, or used.
struct DeviceArray {
    const DeviceModel& model;
    const ChipLayer& shape;
    LayerDraws draws;
    double largest;   ///< nominal conductance of the largest device, in steps
    double smallest;  ///< nominal conductance of value 0, in steps
};

/// Calls body(conductance, cell, second) for every device of a layer.
template <class Body>
void for_each_device(LayerInstance& layer, const Body& body) {
    for (size_t cell = 0; cell < layer.plus.size(); ++cell)
        body(layer.plus[cell], cell, false);
    for (size_t cell = 0; cell < layer.minus.size(); ++cell)
        body(layer.minus[cell], cell, true);
}

/// What a signal keeps in a switch or crosspoint, in parts of its power.
struct SwitchPass {
    double through = 1.0;  ///< at the output that it is meant for
    double leak = 0.0;     ///< at the other one
};

/// How sums are read.
struct Reading {
    int dac_bits = 0, adc_bits = 0;  ///< 0: exact
    bool full_range = false;
    double adc_noise = 0.0;   ///< standard deviation, parts of the range
    double read_noise = 0.0;  ///< relative standard deviation of a device

    bool has_range() const { return adc_bits > 0 || adc_noise > 0.0; }
};

class Effect {
  public:
    virtual ~Effect() = default;
    virtual std::string_view name() const = 0;
    virtual std::string_view summary() const = 0;
    virtual bool present(const DeviceModel& model) const = 0;
    /// Takes it out of a model.
    virtual void remove(DeviceModel& model) const = 0;

    /// At manufacture: what becomes of the devices.
    virtual void make(const DeviceArray&, LayerInstance&) const {}
    /// In use: what the devices have become, or seem to be.
    virtual void use(const DeviceArray&, LayerInstance&) const {}
    virtual void pass(const DeviceModel&, SwitchPass&) const {}
    virtual void read(const DeviceModel&, Reading&) const {}
};

/// All of them, in the order in which they act.
const std::vector<std::unique_ptr<Effect>>& all_effects();
/// What all effects that a model has make of a switch, and of reading.
SwitchPass pass_of(const DeviceModel& model);
Reading reading_of(const DeviceModel& model);
/// A model with none of them.
DeviceModel ideal_model();
/// Takes the named effects out of a model. Throws Error, listing the names, for any other.
DeviceModel without(DeviceModel model, const std::vector<std::string>& names,
                    const std::string& where);

std::unique_ptr<Effect> make_leakage();
std::unique_ptr<Effect> make_spread();
std::unique_ptr<Effect> make_additive();
std::unique_ptr<Effect> make_stuck_devices();
std::unique_ptr<Effect> make_dead();
std::unique_ptr<Effect> make_stuck_switches();
std::unique_ptr<Effect> make_drift();
std::unique_ptr<Effect> make_temperature();
std::unique_ptr<Effect> make_line_resistance();
std::unique_ptr<Effect> make_insertion_loss();
std::unique_ptr<Effect> make_crosstalk();
std::unique_ptr<Effect> make_read_noise();
std::unique_ptr<Effect> make_dac();
std::unique_ptr<Effect> make_adc();
std::unique_ptr<Effect> make_adc_noise();

}  // namespace permloom
