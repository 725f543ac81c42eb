/// The chips that the mutation check works on, with what they are loaded with and shown.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"
#include "sim/bench/bench.h"

namespace permloom {

/// Together they have every engine, rail and kind of profile, and all that a chip can have around a
/// layer.
enum class SceneName {
    folded,   ///< three layers of engine `folded`
    engines,  ///< `serial` and `level` in turns
    spatial,  ///< `programmable`, `spatial`, bit-serial data
    walks,    ///< layers of every engine that walk over feature maps, add and pool
    control   ///< two small layers, patched and watched over the control port
};
inline constexpr std::array SCENES = {SceneName::folded, SceneName::engines, SceneName::spatial,
                                      SceneName::walks, SceneName::control};

const char* to_string(SceneName name);

/// The material of every trial on a chip.
struct Scene {
    explicit Scene(SceneName which);

    SceneName name;
    Chip chip;
    Configuration first, second;
    std::vector<std::vector<uint16_t>> images;
    Stimulus stimulus{7, 0.2, 0.3, 0.1, true};
};

}  // namespace permloom
