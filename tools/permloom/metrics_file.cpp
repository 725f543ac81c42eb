#include "tools/permloom/metrics_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "compiler/base/error.h"
#include "compiler/base/file.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

MetricsLine line_of(const Json& json) {
    MetricsLine line;
    line.epoch = json.at("epoch").get<int>();
    line.step = json.at("step").get<int64_t>();
    line.train_loss = json.value("train_loss", 0.0);
    line.learning_rate = json.value("learning_rate", 0.0);
    line.images_per_second = json.value("images_per_second", 0.0);
    line.split = json.value("split", "");
    line.accuracy = json.value("accuracy", 0.0);
    line.loss = json.value("loss", 0.0);
    line.synced = json.value("synced", true);
    line.projected = json.value("projected", true);
    for (const Json& layer : json.value("layers", Json::array()))
        line.layers.push_back({layer.value("ranking_distance_mean", 0.0),
                               layer.value("ranking_distance_sd", 0.0),
                               layer.value("similarity", 0.0), layer.value("moved", 0.0)});
    return line;
}

}  // namespace

std::vector<MetricsLine> MetricsFile::epoch_ends() const {
    std::vector<MetricsLine> ends;
    for (const MetricsLine& line : lines) {
        if (!line.projected) continue;
        if (!ends.empty() && ends.back().epoch == line.epoch) ends.pop_back();
        ends.push_back(line);
    }
    return ends;
}

MetricsFile read_metrics(const fs::path& run) {
    const fs::path path = run / "metrics.jsonl";
    MetricsFile file;
    std::istringstream text(read_text(path));
    int number = 0;
    for (std::string words; std::getline(text, words);) {
        ++number;
        try {
            const Json json = Json::parse(words);
            // Lines of --log-every have a step alone.
            if (json.contains("epoch")) file.lines.push_back(line_of(json));
        } catch (const Json::exception&) {
            // A run that was killed may end within a line.
            if (text.eof()) break;
            throw Error(fmt::format("{}:{}", path.string(), number), "is not a line of metrics");
        }
    }
    const auto ends = file.epoch_ends();
    if (ends.empty())
        throw Error(path.string(), "holds no epoch yet", "wait for the first epoch to end");
    file.epoch_steps = std::max(1.0, static_cast<double>(ends.front().step) / ends.front().epoch);
    return file;
}

}  // namespace permloom::cli
