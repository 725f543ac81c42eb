/// A small valid description that tests change one line of.
#pragma once

#include <string>

#include "compiler/base/error.h"

namespace permloom::testing {

inline const std::string EXAMPLE = R"(name: example
about: two layers
expect: nothing
data: digits
input: {size: 64, bits: 4, div: 16, scale: 1/15}
layers:
  - outputs: 8
    rail: dual
    devices: {values: shared, value: 0.5, profile: layer, keep: 0.25}
    activation: clip
    bits: 4
  - outputs: 10
    rail: single
    devices: {values: he_uniform, bits: 3, profile: neuron}
    activation: none
training:
  algorithm: laperm
  epochs: 3
  batch: 16
  learning_rate: {schedule: step, initial: 1e-3, decay: 0.5, every: 2}
  sync_every: 20
)";

/// EXAMPLE with `old` replaced once.
inline std::string example_with(const std::string& old, const std::string& text) {
    std::string result = EXAMPLE;
    const size_t place = result.find(old);
    PERMLOOM_ASSERT(place != std::string::npos);
    return result.replace(place, old.size(), text);
}

}  // namespace permloom::testing
