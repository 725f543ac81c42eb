/// Stored results of tests, renewed by PERMLOOM_UPDATE_GOLDEN=1 and then reviewed as a diff.
#pragma once

#include <string>
#include <string_view>

namespace permloom::testing {

/// "" where `text` equals the file `name` under tests/golden (PERMLOOM_GOLDEN_DIR), else the first
/// line that differs. With PERMLOOM_UPDATE_GOLDEN=1 in the environment the file is written instead.
std::string golden_difference(std::string_view name, std::string_view text);

}  // namespace permloom::testing
