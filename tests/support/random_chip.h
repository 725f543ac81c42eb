/// Small random chips and configurations, and what they compute, in plain integers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/base/rng.h"
#include "compiler/perm/permutation.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"

namespace permloom::test {

struct LayerShape {
    int outputs = 1;
    Rail rail = Rail::single;
    bool shared_profile = false;
    Engine engine = Engine::folded;
    int lanes = 1;
    bool bit_serial = false;
    Decoder decoder = Decoder::none;  ///< where the devices allow it, else another or none
};

struct ChipShape {
    int inputs = 1;
    std::vector<LayerShape> layers;
    int contexts = 2;
    int pixel_stream_bits = 64;
    int in_bits = 8;
    std::string describe() const;
};

Chip random_chip(const ChipShape& shape, Rng& rng);
/// Any shape: 1..3 layers of 1..9 neurons on 1..9 inputs, every rail, either profile, every engine.
ChipShape random_shape(Rng& rng);

/// Small layers that walk over maps of up to 6 x 6 x 4 values, one after another, as residual
/// blocks with or without a projection, adding what they read; every engine, padding, stride and
/// pool; then one or two dense layers.
Chip random_walking_chip(Rng& rng);
std::string describe(const Chip& chip);

/// New devices for every layer: of 2 to 8 bits, the ends of their range among them; with none,
/// half, most or all of them 0.
void redraw_devices(Chip& chip, Rng& rng);

using Image = std::vector<uint16_t>;  ///< pixel codes
Image random_image(const Chip& chip, Rng& rng);

/// What a chip computes for an image.
struct Expected {
    /// Per layer, in the order of the writes: neuron by neuron, position by position; logits last.
    std::vector<std::vector<int32_t>> written;
    int label = 0;
};

/// A configuration together with its sources in clear.
struct Wiring {
    Configuration configuration;
    std::vector<std::vector<Permutation>> sources;  ///< [layer][neuron]

    Expected infer(const Chip& chip, const Image& image) const;
    /// The load stream for a context.
    std::vector<uint32_t> words(const Chip& chip, int context) const;
};

/// CRC-32 as the last word of a load stream holds it.
uint32_t crc_of(std::span<const uint32_t> words);

/// How large the post-op registers are: as a compiler makes them, or anything that fits.
enum class Range { usual, extreme };

Wiring random_wiring(const Chip& chip, Rng& rng, Range range = Range::usual);

/// `wiring` with some neurons, registers of layers or classes taken from `other`, at least one.
Wiring partly_changed(const Chip& chip, const Wiring& wiring, const Wiring& other, Rng& rng);

}  // namespace permloom::test
