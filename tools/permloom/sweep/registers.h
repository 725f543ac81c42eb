/// What a configuration loads beside its wiring.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/spec/network.h"

namespace permloom::cli {

struct Registers {
    std::optional<uint64_t> bits;  ///< as `register_bits` of a compiled network's report
    std::string obstacle;          ///< without them: why no chip computes the network
};
Registers registers_of(const NetworkSpec& network);

}  // namespace permloom::cli
