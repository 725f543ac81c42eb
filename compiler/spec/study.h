/// Studies of physical networks, models/studies/*.yaml: the accuracy of one trained network on many
/// fabricated copies of its chip, over one property of the devices.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec/network.h"

namespace permloom {

/// What is done to a copy before it is measured.
enum class StudyCurve {
    as_built,    ///< the nominal wiring and registers
    ranked,      ///< re-ranked; registers from the measured values alone
    calibrated,  ///< re-ranked; registers from real inputs
    refined,     ///< re-ranked, then refined and calibrated on real inputs
    epochs_1,    ///< one more epoch of training on the measured devices
    epochs_3,    ///< three
};

struct StudySpec {
    std::string name, about;
    std::string network, data;
    std::vector<Override> settings;  ///< of the network
    uint64_t seed = 1;               ///< of the training, and of the chips
    std::string device;              ///< device description
    std::vector<Override> device_settings;
    std::string x_key;                  ///< of the device description
    std::vector<std::string> x;         ///< its values
    std::string x_label;                ///< with its unit
    std::vector<std::string> banks;     ///< neuron, layer or engine
    std::vector<std::string> circuits;  ///< as-waksman, benes, crossbar
    int chips = 10;
    int images = 0;  ///< of the test set, the first so many; 0: all
    std::vector<StudyCurve> curves;
};

/// Throws Error as parse_network does.
StudySpec parse_study(std::string_view yaml, const std::string& origin);

std::string_view to_string(StudyCurve curve);

}  // namespace permloom
