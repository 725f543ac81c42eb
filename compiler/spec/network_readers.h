/// The parts of a network description, each read by a file of its own.
#pragma once

#include <string>
#include <vector>

#include "compiler/spec/names.h"
#include "compiler/spec/network.h"
#include "compiler/spec/yaml_reader.h"

namespace permloom {

inline constexpr int SIZE_LIMIT = 1 << 20;   ///< of an image and of a layer
inline constexpr int COUNT_LIMIT = 1 << 24;  ///< of epochs, batches and steps

template <class Enum, size_t N>
Enum read_choice(const MapReader& map, const std::string& key, const Name<Enum> (&names)[N]) {
    return value_of(names, map.text(key), map.where(key));
}

/// The layers, with everything that follows from the input's shape: fan-ins, maps, what each reads.
std::vector<LayerSpec> read_layers(YamlSource& source, const MapReader& network,
                                   const InputSpec& input);

TrainingSpec read_training(const MapReader& network, int input_size);

}  // namespace permloom
