/// Text files compiled into the program (RTL cells, network descriptions).
#pragma once

#include <string_view>
#include <vector>

namespace permloom {

struct EmbeddedFile {
    std::string_view path;  ///< relative to the room that holds it, e.g. "networks/digits.yaml"
    std::string_view text;
};

}  // namespace permloom
