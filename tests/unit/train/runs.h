/// Whole training runs into a directory, and what they leave there.
#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "compiler/base/file.h"
#include "compiler/train/trainer.h"
#include "tests/support/temporary_directory.h"

namespace permloom::testing {

using Json = nlohmann::json;

inline Checkpoint run(const NetworkSpec& network, const Dataset& data, TrainOptions options,
                      const std::filesystem::path& directory, int threads = 1) {
    options.run = directory;
    ThreadPool pool(threads);
    return train(network, data, options, pool);
}

inline std::vector<uint8_t> last(const TemporaryDirectory& directory) {
    return read_bytes(directory / "last.safetensors");
}
inline std::vector<uint8_t> best(const TemporaryDirectory& directory) {
    return read_bytes(directory / "best.safetensors");
}

inline std::vector<Json> metrics(const TemporaryDirectory& directory) {
    std::vector<Json> lines;
    std::istringstream text(read_text(directory / "metrics.jsonl"));
    for (std::string line; std::getline(text, line);)
        lines.push_back(Json::parse(line));
    return lines;
}

/// What two runs must have in common: all but the measured speed.
inline std::vector<Json> untimed_metrics(const TemporaryDirectory& directory) {
    std::vector<Json> lines = metrics(directory);
    for (Json& line : lines)
        line.erase("images_per_second");
    return lines;
}

inline TrainOptions stop_after(int64_t steps) {
    TrainOptions options;
    options.stop_after = steps;
    return options;
}

}  // namespace permloom::testing
