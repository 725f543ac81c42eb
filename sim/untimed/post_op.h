/// The arithmetic contract behind an accumulator (design: "Arithmetic"), in plain 64-bit integers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "compiler/program/configuration.h"

namespace permloom {

/// t = acc + b, cut at zero if `relu`; y = clamp(z + floor((t * m + skip * m2 + c + round) / 2^s),
/// lo, hi) with round = s ? 2^(s-1) : 0; `skip` is the code that is added, if any. Exact for every
/// acc + b of 33 bits: then |t * m + skip * m2 + c + round| < 2^50.
constexpr int32_t post_op(int64_t acc, const NeuronRegisters& neuron, const LayerRegisters& layer,
                          int32_t skip = 0) {
    int64_t t = acc + neuron.b;
    if (layer.relu) t = std::max<int64_t>(t, 0);
    const int64_t round = layer.s > 0 ? int64_t{1} << (layer.s - 1) : 0;
    const int64_t u = t * neuron.m + int64_t{skip} * layer.m2 + neuron.c + round;
    // The shift of a negative number rounds towards minus infinity: floor.
    return static_cast<int32_t>(std::clamp<int64_t>(layer.z + (u >> layer.s), layer.lo, layer.hi));
}

}  // namespace permloom
