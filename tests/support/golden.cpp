#include "tests/support/golden.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "compiler/base/file.h"

namespace permloom::testing {

std::string golden_difference(std::string_view name, std::string_view text) {
    const std::filesystem::path path = std::filesystem::path(PERMLOOM_GOLDEN_DIR) / name;
    const char* update = std::getenv("PERMLOOM_UPDATE_GOLDEN");
    if (update != nullptr && std::string_view(update) == "1") {
        std::filesystem::create_directories(path.parent_path());
        write_file(path, text);
        return {};
    }
    const std::string stored = read_text(path);
    if (stored == text) return {};
    std::istringstream want(stored), have{std::string(text)};
    for (int line = 1;; ++line) {
        std::string a, b;
        const bool more_a = static_cast<bool>(std::getline(want, a));
        const bool more_b = static_cast<bool>(std::getline(have, b));
        if (more_a != more_b || a != b || !more_a)
            return path.string() + ":" + std::to_string(line) + "\n  stored: " + a +
                   "\n  now:    " + b;
    }
}

}  // namespace permloom::testing
