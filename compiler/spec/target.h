/// Target descriptions, models/targets/*.yaml: what hardware is to be built.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec/network.h"

namespace permloom {

/// How a layer becomes cycles (design.md section 7, rtl/MICROARCHITECTURE.md).
enum class Engine {
    folded,        ///< a switch network and a bank of devices, one neuron a cycle
    spatial,       ///< the same for every neuron, all at once
    serial,        ///< a memory of input numbers per lane, one device a cycle and lane; skips zeros
    level,         ///< no network: every neuron adds the inputs by the levels that its map names
    programmable,  ///< the yardstick, no permutation at all: a memory of weights per lane
};

/// What decodes the wiring of a layer of engine `serial` on the chip: nothing, so that the load
/// brings its entries, or a decoder of one of the codes of compiler/perm.
enum class Decoder { none, factorial_stream, level_map };

/// What a chip may take of an iCE40, as the cost model counts it; what is not stated has no limit.
struct Budget {
    std::optional<int> luts, flip_flops, rams;
    /// Between two images. With it the smallest chip that keeps to it is chosen, not the fastest.
    std::optional<int> cycles;
};

struct TargetSpec {
    std::string name, about;
    std::vector<Engine> engines = {Engine::folded};  ///< one for all layers, or one for each
    /// `engine: auto`: engines and lanes are chosen for the fewest cycles under the budget, and
    /// `engines` says nothing. The yardstick `programmable` is never chosen.
    bool automatic = false;
    Budget budget;
    int lanes = 1;             ///< of `serial` and `programmable`: neurons computed side by side
    int inputs_per_cycle = 8;  ///< of `level`
    Decoder decoder = Decoder::none;
    bool bit_serial = false;  ///< `folded` and `spatial` take one bit of every input a cycle
    std::string circuit = "as-waksman";
    int contexts = 2;            ///< configurations held at once, 1 or 2
    int pixel_stream_bits = 64;  ///< width of the pixel port, whole bytes
};

/// Reads a description; `lanes`, `inputs_per_cycle`, `bit_serial` and `decoder` have defaults,
/// `budget` is of use with `engine: auto` alone, which needs one; all other keys are required.
/// Throws Error as parse_network does.
TargetSpec parse_target(std::string_view yaml, const std::string& origin,
                        const std::vector<Override>& overrides = {});

std::string_view to_string(Engine engine);
/// Throws Error for anything but a name of an engine.
Engine engine_from_string(const std::string& name, const std::string& where);
std::string_view to_string(Decoder decoder);
/// Throws Error for anything but a name of a decoder, `none` among them.
Decoder decoder_from_string(const std::string& name, const std::string& where);

}  // namespace permloom
