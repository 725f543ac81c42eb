/// The arithmetic contract behind an accumulator (design: "Arithmetic"), in plain 64-bit integers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compiler/program/configuration.h"

namespace permloom {

/// t = acc + b, cut at zero if `relu`; y = clamp(z + floor((t * m + c + round) / 2^s), lo, hi) with
/// round = s ? 2^(s-1) : 0. Exact for every acc + b of 33 bits: then |t * m + c + round| < 2^50.
constexpr int32_t post_op(int64_t acc, const NeuronRegisters& neuron, const LayerRegisters& layer) {
    int64_t t = acc + neuron.b;
    if (layer.relu) t = std::max<int64_t>(t, 0);
    const int64_t round = layer.s > 0 ? int64_t{1} << (layer.s - 1) : 0;
    const int64_t u = t * neuron.m + neuron.c + round;
    // The shift of a negative number rounds towards minus infinity: floor.
    return static_cast<int32_t>(std::clamp<int64_t>(layer.z + (u >> layer.s), layer.lo, layer.hi));
}

}  // namespace permloom
