#include "compiler/train/metrics.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "compiler/base/file.h"

namespace permloom {

using Json = nlohmann::ordered_json;

Metrics::Metrics(std::filesystem::path path, int64_t resume_step) : path_(std::move(path)) {
    if (resume_step == 0 || !std::filesystem::exists(path_)) return;
    std::istringstream lines(read_text(path_));
    for (std::string line; std::getline(lines, line);) {
        const Json json = Json::parse(line, nullptr, false);
        if (json.is_object() && json.value("step", int64_t{0}) <= resume_step &&
            json.contains("step"))
            kept_ += line + '\n';
    }
}

void Metrics::add(const EpochReport& report) {
    Json line = {{"epoch", report.epoch},
                 {"step", report.step},
                 {"train_loss", report.train_loss},
                 {"learning_rate", report.learning_rate},
                 {"images_per_second", report.images_per_second}};
    if (report.accuracy >= 0.0) {
        line["protocol"] = report.protocol;
        line["synced"] = report.synced;
        if (!report.projected) line["projected"] = false;
        line["split"] = report.split;
        line["accuracy"] = report.accuracy;
        line["loss"] = report.loss;
    }
    for (const LayerMonitor& layer : report.layers)
        line["layers"].push_back({{"ranking_distance_mean", layer.distance_mean},
                                  {"ranking_distance_sd", layer.distance_sd},
                                  {"moved", layer.moved},
                                  {"similarity", layer.similarity}});
    append(line.dump());
}

void Metrics::add_loss(int64_t step, double loss) {
    append(Json{{"step", step}, {"step_loss", loss}}.dump());
}

void Metrics::sync() {
    if (file_) file_->sync();
}

void Metrics::append(const std::string& line) {
    if (!file_) {
        write_file(path_, std::string_view(kept_));
        kept_.clear();
        file_.emplace(path_);
    }
    file_->append(line + '\n');
}

}  // namespace permloom
