/// Target descriptions, models/targets/*.yaml: what hardware is to be built.
#pragma once

#include <string>
#include <string_view>

namespace permloom {

struct TargetSpec {
    std::string name, about;
    std::string engine = "folded";
    std::string circuit = "as-waksman";
    int contexts = 2;            ///< configurations held at once, 1 or 2
    int pixel_stream_bits = 64;  ///< width of the pixel port, whole bytes
};

/// Reads a description; all keys are required. Throws Error as parse_network does.
TargetSpec parse_target(std::string_view yaml, const std::string& origin);

}  // namespace permloom
