#include "sim/untimed/post_op.h"

#include <catch2/catch.hpp>
#include <limits>

#include "compiler/base/rng.h"

namespace permloom {
namespace {

__extension__ using Wide = __int128;

/// The contract restated: floor by division, in integers that cannot overflow.
Wide restated(Wide acc, const NeuronRegisters& neuron, const LayerRegisters& layer) {
    Wide t = acc + neuron.b;
    if (layer.relu && t < 0) t = 0;
    const Wide power = Wide{1} << layer.s;
    Wide u = t * neuron.m + neuron.c;
    if (layer.s > 0) u += power / 2;
    Wide quotient = u / power;
    if (u % power < 0) --quotient;
    const Wide y = layer.z + quotient;
    return y < layer.lo ? layer.lo : y > layer.hi ? layer.hi : y;
}

int64_t between(Rng& rng, int64_t low, int64_t high) {
    return low + static_cast<int64_t>(rng.below(static_cast<uint64_t>(high - low) + 1));
}

constexpr int64_t ACC_MIN = -(int64_t{1} << 31), ACC_MAX = (int64_t{1} << 31) - 1;
constexpr int64_t B_MIN = std::numeric_limits<int32_t>::min();
constexpr int64_t B_MAX = std::numeric_limits<int32_t>::max();
constexpr int64_t C_MIN = -(int64_t{1} << 47), C_MAX = (int64_t{1} << 47) - 1;
constexpr int64_t M_MIN = -65536, M_MAX = 65535;

}  // namespace

TEST_CASE("post-op -- equals its restatement on random registers") {
    Rng rng(1);
    int inside = 0;
    for (int trial = 0; trial < 200000; ++trial) {
        LayerRegisters layer;
        layer.s = static_cast<int>(rng.below(48));
        layer.relu = rng.chance(0.5);
        layer.hi = static_cast<int>(between(rng, 1, 65535));
        layer.lo = static_cast<int>(between(rng, 0, layer.hi));
        layer.z = static_cast<int>(between(rng, 0, 65535));
        // Sums of every magnitude, so that the clamp does not hide the rest.
        const int64_t reach = int64_t{1} << rng.below(31);
        const NeuronRegisters neuron{static_cast<int32_t>(between(rng, -reach, reach - 1)),
                                     static_cast<int32_t>(between(rng, M_MIN, M_MAX)),
                                     between(rng, C_MIN, C_MAX) >> rng.below(47)};
        const int64_t acc = between(rng, -reach, reach);
        const auto expected = static_cast<int64_t>(restated(acc, neuron, layer));
        inside += expected > layer.lo && expected < layer.hi ? 1 : 0;
        INFO("trial " << trial);
        REQUIRE(post_op(acc, neuron, layer) == expected);
    }
    CHECK(inside > 20000);
}

TEST_CASE("post-op -- equals its restatement at every corner of its registers") {
    for (const int64_t acc : {ACC_MIN, int64_t{-1}, int64_t{0}, int64_t{1}, ACC_MAX})
        for (const int64_t b : {B_MIN, int64_t{-1}, int64_t{0}, int64_t{1}, B_MAX})
            for (const int64_t m : {M_MIN, int64_t{-1}, int64_t{0}, int64_t{1}, M_MAX})
                for (const int64_t c : {C_MIN, int64_t{-1}, int64_t{0}, int64_t{1}, C_MAX})
                    for (const int s : {0, 1, 2, 16, 46, 47})
                        for (const bool relu : {false, true})
                            for (const int z : {0, 128, 65535}) {
                                const NeuronRegisters neuron{static_cast<int32_t>(b),
                                                             static_cast<int32_t>(m), c};
                                const LayerRegisters layer{s, z, 0, 65535, relu};
                                REQUIRE(post_op(acc, neuron, layer) ==
                                        static_cast<int64_t>(restated(acc, neuron, layer)));
                            }
}

TEST_CASE("post-op -- rounds halves up and negative values to the floor") {
    const LayerRegisters layer{1, 100, 0, 255, false};
    // u / 2 + 1/2, floored: -3/2 -> -1, -1/2 -> 0, 1/2 -> 1.
    CHECK(post_op(-3, {0, 1, 0}, layer) == 99);
    CHECK(post_op(-1, {0, 1, 0}, layer) == 100);
    CHECK(post_op(1, {0, 1, 0}, layer) == 101);
    CHECK(post_op(3, {0, -1, 0}, layer) == 99);
    CHECK(post_op(0, {0, 1, 0}, {0, 0, 0, 255, true}) == 0);
}

}  // namespace permloom
