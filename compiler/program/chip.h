/// Door 2, first half: the chip. Everything that is frozen at manufacture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/base/digest.h"
#include "compiler/perm/permutation.h"
#include "compiler/spec/network.h"
#include "compiler/spec/target.h"

namespace permloom {

/// What happens to the codes of a layer that walks: nothing, or one code for each window of
/// `window` x `window` positions, whole windows only: the largest, or the sum (an average whose
/// division is left to the scale).
enum class Pool { none, max, sum };

/// How a layer walks over a feature map: at every position it reads a window of kernel x kernel
/// positions of the map, in order row, column, channel, and computes all of its neurons.
struct Walk {
    Shape map;  ///< what it reads
    int kernel = 1, stride = 1;
    int top = 0, left = 0;      ///< rows and columns of padding before the map, of code `in_zero`
    int rows = 1, columns = 1;  ///< positions
    Pool pool = Pool::none;
    int window = 1;           ///< of the pool
    std::optional<int> skip;  ///< layer whose values the post-op adds, one for each of its own

    bool operator==(const Walk&) const = default;

    int positions() const { return rows * columns; }
    int pooled_rows() const { return rows / window; }
    int pooled_columns() const { return columns / window; }
    /// Positions up to the one that completes the last pool: whole windows only.
    int counted_positions() const {
        return (pooled_rows() * window - 1) * columns + pooled_columns() * window;
    }
};

/// One layer: the lines of its inputs, the devices of its neurons, and the engine that joins them.
struct ChipLayer {
    Engine engine = Engine::folded;
    /// serial, programmable: neurons side by side; level: inputs of one cycle; spatial: values of
    /// one write (spatial_lanes); folded: 1
    int lanes = 1;
    /// Engines with a switch network: they take one bit of every input a cycle, the highest first.
    bool bit_serial = false;
    Decoder decoder = Decoder::none;  ///< serial: what decodes its wiring on the chip
    int inputs = 0, outputs = 0;      ///< of a neuron; neurons
    Rail rail = Rail::single;
    int in_bits = 8;      ///< width of an input activation code
    int in_zero = 0;      ///< zero point of the inputs: hi - x complements are taken of the code
    int out_bits = 8;     ///< width of a code behind the post-op (unused in the last layer)
    int device_bits = 2;  ///< signed width that holds every device value
    bool shared_profile = false;
    std::vector<int32_t> devices;  ///< (1 or outputs) x lines, each bank ascending
    std::optional<int> from;       ///< the layer read, where it is not the one before
    std::optional<Walk> walk;      ///< none: reads its whole input at once, writes its neurons

    int lines() const { return rail == Rail::dual ? 2 * inputs : inputs; }
    int passes() const { return rail == Rail::split ? 2 : 1; }
    /// Of engines with a switch network: cycles in which one vector passes it, and their planes.
    int planes() const { return bit_serial ? in_bits : 1; }
    int cycles_a_neuron() const { return planes() * passes(); }
    int banks() const { return shared_profile ? 1 : outputs; }
    /// Engines that read a vector whole and permute it by a switch network.
    bool has_network() const { return engine == Engine::folded || engine == Engine::spatial; }
    /// Values of one write, each with a probe of its own.
    int values_a_write() const { return engine == Engine::spatial ? lanes : 1; }
    bool adds() const { return walk && walk->skip; }
    int in_hi() const { return (1 << in_bits) - 1; }
    /// Values of an image that it reads, and that it writes: a feature map, flattened.
    int input_size() const { return walk ? walk->map.size() : inputs; }
    int output_size() const {
        return walk ? walk->pooled_rows() * walk->pooled_columns() * outputs : outputs;
    }
    /// Width of a value that it writes: that of a sum where the pool adds.
    int value_bits() const;
    /// The sorted bank of a neuron.
    std::span<const int32_t> bank(int neuron) const {
        const auto n = static_cast<size_t>(lines());
        return {devices.data() + (shared_profile ? 0 : static_cast<size_t>(neuron) * n), n};
    }
    /// Per slot behind the switch network of a neuron, which `folded` has one of for all: 0 where
    /// no device but 0 ever stands there, else 1. What the network brings to a slot of 0 does not
    /// matter.
    std::vector<uint8_t> live_slots(int neuron = 0) const;
    /// Smallest signed width that holds every partial and complete sum of every neuron; of engine
    /// programmable, whatever weights are loaded.
    int accumulator_bits() const;
    bool operator==(const ChipLayer&) const = default;
};

struct Chip {
    std::string name, target, circuit = "as-waksman";
    int contexts = 2;
    int pixel_stream_bits = 64;
    std::vector<ChipLayer> layers;

    int inputs() const { return layers.front().input_size(); }
    int outputs() const { return layers.back().outputs; }
    int in_bits() const { return layers.front().in_bits; }
    /// Pixels in one beat of the pixel stream: as many as fit, of them a power of two where the
    /// first layer reads its inputs by address (engines serial and level, layers that walk). And
    /// beats of an image.
    int pixels_per_beat() const;
    int pixel_beats() const { return (inputs() + pixels_per_beat() - 1) / pixels_per_beat(); }
    /// Values in one write of a layer, or of the image (NETWORK_INPUT).
    int values_a_write(int layer) const;
    /// Of all layers: one for each value of a write.
    int probes() const;
    /// The layer that layer `index` reads, or NETWORK_INPUT.
    int source(size_t index) const;
    /// Layers that read the values of layer `index` (NETWORK_INPUT: of the image), ascending.
    std::vector<size_t> readers(int index) const;
    /// Layers whose post-op adds the values of layer `index`, ascending.
    std::vector<size_t> adders(int index) const;
    bool operator==(const Chip&) const = default;
};

/// SHA-256 over the expanded canonical content (not the name): equal for equal hardware.
Sha256 fingerprint(const Chip& chip);

/// Checks what the engine of a layer can hold: lanes, neurons, entries. Throws Error.
void check_engine(const ChipLayer& layer, size_t index, const std::string& where);
/// Checks every bound of the arithmetic contract. Throws Error on overflow or a bad shape.
void check(const Chip& chip, const std::string& where);

void save_chip(const Chip& chip, const std::filesystem::path& path);
/// Verifies length, SHA-256, schema and `check`. Throws Error, each fault with its own message.
Chip load_chip(const std::filesystem::path& path);

}  // namespace permloom
