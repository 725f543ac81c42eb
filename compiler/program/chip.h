/// Door 2, first half: the chip. Everything that is frozen at manufacture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "compiler/base/digest.h"
#include "compiler/perm/permutation.h"
#include "compiler/spec/network.h"
#include "compiler/spec/target.h"

namespace permloom {

/// One layer: the lines of its inputs, the devices of its neurons, and the engine that joins them.
struct ChipLayer {
    Engine engine = Engine::folded;
    int lanes = 1;  ///< serial: neurons side by side; level: inputs of one cycle; folded: 1
    int inputs = 0, outputs = 0;
    Rail rail = Rail::single;
    int in_bits = 8;      ///< width of an input activation code
    int in_zero = 0;      ///< zero point of the inputs: hi - x complements are taken of the code
    int out_bits = 8;     ///< width of an output activation code (unused in the last layer)
    int device_bits = 2;  ///< signed width that holds every device value
    bool shared_profile = false;
    std::vector<int32_t> devices;  ///< (1 or outputs) x lines, each bank ascending

    int lines() const { return rail == Rail::dual ? 2 * inputs : inputs; }
    int passes() const { return rail == Rail::split ? 2 : 1; }
    int banks() const { return shared_profile ? 1 : outputs; }
    int in_hi() const { return (1 << in_bits) - 1; }
    /// The sorted bank of a neuron.
    std::span<const int32_t> bank(int neuron) const {
        const auto n = static_cast<size_t>(lines());
        return {devices.data() + (shared_profile ? 0 : static_cast<size_t>(neuron) * n), n};
    }
    /// Per slot 0 where the device is 0 for every neuron by one shared profile, else 1: what the
    /// switch network brings to a slot of 0 does not matter.
    std::vector<uint8_t> live_slots() const;
    /// Smallest signed width that holds every partial and complete sum of every neuron.
    int accumulator_bits() const;
    bool operator==(const ChipLayer&) const = default;
};

struct Chip {
    std::string name, target, circuit = "as-waksman";
    int contexts = 2;
    int pixel_stream_bits = 64;
    std::vector<ChipLayer> layers;

    int inputs() const { return layers.front().inputs; }
    int outputs() const { return layers.back().outputs; }
    int in_bits() const { return layers.front().in_bits; }
    /// Pixels in one beat of the pixel stream: as many as fit, of them a power of two where the
    /// first layer reads its inputs by address (engines serial and level). And beats of an image.
    int pixels_per_beat() const;
    int pixel_beats() const { return (inputs() + pixels_per_beat() - 1) / pixels_per_beat(); }
    bool operator==(const Chip&) const = default;
};

/// SHA-256 over the expanded canonical content (not the name): equal for equal hardware.
Sha256 fingerprint(const Chip& chip);

/// Checks every bound of the arithmetic contract. Throws Error on overflow or a bad shape.
void check(const Chip& chip, const std::string& where);

void save_chip(const Chip& chip, const std::filesystem::path& path);
/// Verifies length, SHA-256, schema and `check`. Throws Error, each fault with its own message.
Chip load_chip(const std::filesystem::path& path);

}  // namespace permloom
