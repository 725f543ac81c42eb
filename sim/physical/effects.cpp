#include "sim/physical/effects.h"

#include <algorithm>

#include "compiler/base/error.h"

namespace permloom {

const std::vector<std::unique_ptr<Effect>>& all_effects() {
    static const auto effects = [] {
        std::vector<std::unique_ptr<Effect>> list;
        for (const auto make : {make_leakage, make_spread, make_additive, make_stuck_devices,
                                make_dead, make_stuck_switches, make_drift, make_temperature,
                                make_line_resistance, make_insertion_loss, make_crosstalk,
                                make_read_noise, make_dac, make_adc, make_adc_noise})
            list.push_back(make());
        return list;
    }();
    return effects;
}

SwitchPass pass_of(const DeviceModel& model) {
    SwitchPass pass;
    for (const auto& effect : all_effects())
        if (effect->present(model)) effect->pass(model, pass);
    return pass;
}

Reading reading_of(const DeviceModel& model) {
    Reading reading;
    for (const auto& effect : all_effects())
        if (effect->present(model)) effect->read(model, reading);
    return reading;
}

DeviceModel ideal_model() {
    DeviceModel model;
    model.name = "ideal";
    for (const auto& effect : all_effects())
        effect->remove(model);
    return model;
}

DeviceModel without(DeviceModel model, const std::vector<std::string>& names,
                    const std::string& where) {
    std::vector<std::string> known;
    std::string list;
    for (const auto& effect : all_effects()) {
        known.emplace_back(effect->name());
        list += (list.empty() ? "" : ", ") + known.back();
    }
    for (const std::string& name : names) {
        const auto found = std::ranges::find(known, name);
        if (found == known.end())
            throw Error(where, "there is no effect '" + name + "'" + did_you_mean(name, known),
                        "the effects are: " + list, ErrorKind::usage);
        all_effects()[static_cast<size_t>(found - known.begin())]->remove(model);
    }
    return model;
}

}  // namespace permloom
