#include "sim/bench/difference.h"

#include <fmt/format.h>

namespace permloom {

std::string Difference::describe() const {
    std::string text = fmt::format("cycle {}", cycle);
    if (layer >= 0) text += fmt::format(", layer {}, neuron {}", layer, neuron);
    if (!what.empty()) text += ", " + what;
    text += fmt::format(": {} {}, {} {}", left_name, left, right_name, right);
    if (reference) text += fmt::format(" (reference {})", *reference);
    return text;
}

}  // namespace permloom
