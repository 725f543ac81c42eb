/// What several modules of a layer ask of its walk; of a layer that does not walk, one position.
#pragma once

#include <cstdint>

#include "compiler/program/chip.h"

namespace permloom::systemc {

/// Positions at which the neurons are computed.
inline uint32_t positions(const ChipLayer& layer) {
    return layer.walk ? static_cast<uint32_t>(layer.walk->positions()) : 1;
}

inline bool pools(const ChipLayer& layer) {
    return layer.walk && layer.walk->pool != Pool::none;
}

/// Positions of what is written: those behind the pool.
inline uint32_t written_positions(const ChipLayer& layer) {
    return static_cast<uint32_t>(layer.output_size() / layer.outputs);
}

}  // namespace permloom::systemc
