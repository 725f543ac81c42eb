/// Random chips of layers that walk, for the tests that want a certain kind.
#pragma once

#include <catch2/catch.hpp>

#include "tests/support/random_chip.h"

namespace permloom::test {

/// The first chip of the generator that `wanted` takes.
template <class Wanted>
Chip walking_chip_with(Rng& rng, Wanted wanted) {
    for (int drawn = 0; drawn < 10000; ++drawn) {
        Chip chip = random_walking_chip(rng);
        if (wanted(chip)) return chip;
    }
    FAIL("no such chip was drawn");
    return {};
}

/// Whether any layer of a chip is one that `wanted` takes.
template <class Wanted>
bool any_layer(const Chip& chip, Wanted wanted) {
    return std::any_of(chip.layers.begin(), chip.layers.end(), wanted);
}

inline bool pools(const ChipLayer& layer) {
    return layer.walk && layer.walk->pool != Pool::none;
}

/// A chip with everything: layers that add, a pool, several readers of the image.
inline Chip rich_walking_chip(Rng& rng) {
    return walking_chip_with(rng, [](const Chip& chip) {
        return chip.contexts == 2 && chip.readers(NETWORK_INPUT).size() > 1 &&
               any_layer(chip, [](const ChipLayer& layer) { return layer.adds(); }) &&
               any_layer(chip, pools);
    });
}

}  // namespace permloom::test
