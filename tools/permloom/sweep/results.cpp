#include "tools/permloom/sweep/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "tools/permloom/metrics_file.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

double log2_factorial(double n) {
    return std::lgamma(n + 1.0) / std::log(2.0);
}

/// log2(n! / prod m_l!) over the runs of equal values of a sorted bank; of a supermask log2 of the
/// ways to choose which weights are zero.
double wiring_bits(const float* bank, int lines, bool supermask) {
    double bits = log2_factorial(lines);
    if (supermask) {
        const auto zeros = static_cast<double>(std::count(bank, bank + lines, 0.0F));
        return bits - log2_factorial(zeros) - log2_factorial(lines - zeros);
    }
    for (int begin = 0, end = 0; begin < lines; begin = end) {
        while (end < lines && bank[end] == bank[begin])
            ++end;
        bits -= log2_factorial(end - begin);
    }
    return bits;
}

std::optional<double> wiring_bits_per_weight(const Checkpoint& checkpoint) {
    const Algorithm algorithm = checkpoint.network.training.algorithm;
    if (to_string(algorithm) == "free") return {};
    const bool supermask = to_string(algorithm) == "supermask";
    double bits = 0.0, weights = 0.0;
    for (size_t l = 0; l < checkpoint.layers.size(); ++l) {
        const LayerSpec& spec = checkpoint.network.layers[l];
        const std::vector<float>& profile = checkpoint.layers[l].profile;
        const auto lines = static_cast<size_t>(spec.lines());
        const auto banks = profile.size() / lines;
        for (size_t bank = 0; bank < banks; ++bank)
            bits += wiring_bits(profile.data() + bank * lines, spec.lines(), supermask) *
                    spec.outputs / static_cast<double>(banks);
        weights += static_cast<double>(lines) * spec.outputs;
    }
    return bits / weights;
}

std::optional<double> mean_of(const std::vector<double>& values) {
    if (values.empty()) return {};
    double sum = 0.0;
    for (const double value : values)
        sum += value;
    return sum / static_cast<double>(values.size());
}

/// Mean bend of the curve at an epoch on a logarithmic scale: 0 where it falls or rises steadily.
std::optional<double> roughness(const std::vector<double>& values) {
    std::vector<double> bends;
    for (size_t i = 2; i < values.size(); ++i)
        if (values[i - 2] > 0.0 && values[i - 1] > 0.0 && values[i] > 0.0)
            bends.push_back(
                std::abs(std::log(values[i - 2] * values[i] / (values[i - 1] * values[i - 1]))));
    return mean_of(bends);
}

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

std::optional<double> optional_number(const Json& json, const char* key) {
    const Json& value = json.at(key);
    if (value.is_null()) return {};
    return value.get<double>();
}

std::string cell(const std::optional<double>& value) {
    return value ? fmt::format("{:.6g}", *value) : std::string();
}

}  // namespace

std::optional<double> PointResult::value(const ExperimentClaim& claim) const {
    switch (claim.measure) {
        case Measure::final: {
            if (claim.at >= 1.0) return accuracy_final;
            if (accuracy_by_epoch.empty()) return {};
            const auto count = static_cast<double>(accuracy_by_epoch.size());
            const auto epoch = static_cast<size_t>(std::max(1.0, std::round(claim.at * count)));
            return accuracy_by_epoch[epoch - 1];
        }
        case Measure::best:
            return accuracy_best;
        case Measure::loss:
            return loss;
        case Measure::ranking_distance:
            return mean_of(ranking_distance);
        case Measure::ranking_roughness:
            return roughness(ranking_distance);
    }
    return {};
}

PointResult measure_run(const fs::path& run, const Checkpoint& checkpoint,
                        int64_t images_per_epoch) {
    const auto ends = read_metrics(run).epoch_ends();
    PointResult result;
    result.epochs = checkpoint.network.training.epochs;
    for (const MetricsLine& line : ends) {
        if (line.split == "test") result.accuracy_by_epoch.push_back(line.accuracy);
        if (!line.layers.empty())
            result.ranking_distance.push_back(line.layers.front().ranking_distance_mean);
        if (line.images_per_second > 0.0)
            result.seconds += static_cast<double>(images_per_epoch) / line.images_per_second;
    }
    result.images_per_second = ends.back().images_per_second;
    const std::string& protocol = checkpoint.test.protocol;
    if (protocol == "final") {
        result.accuracy_final = checkpoint.test.accuracy;
        result.loss = checkpoint.test.loss;
    } else {
        result.accuracy_best = checkpoint.test.accuracy;
    }
    if (protocol == "paper" && ends.back().split == "test") {
        result.accuracy_final = ends.back().accuracy;
        result.loss = ends.back().loss;
    }
    result.wiring_bits_per_weight = wiring_bits_per_weight(checkpoint);
    return result;
}

void save_result(const fs::path& run, const PointResult& result, const RunSettings& settings) {
    const Json json = {{"network_fingerprint", settings.network_fingerprint},
                       {"shuffled", settings.shuffled},
                       {"evaluate_every", settings.evaluate_every},
                       {"accuracy_final", or_null(result.accuracy_final)},
                       {"accuracy_best", or_null(result.accuracy_best)},
                       {"loss", or_null(result.loss)},
                       {"accuracy_by_epoch", result.accuracy_by_epoch},
                       {"ranking_distance", result.ranking_distance},
                       {"wiring_bits_per_weight", or_null(result.wiring_bits_per_weight)},
                       {"epochs", result.epochs},
                       {"seconds", result.seconds},
                       {"images_per_second", result.images_per_second}};
    write_file(run / "point.json", std::string_view(json.dump(2) + '\n'));
}

std::optional<PointResult> load_result(const fs::path& run, const RunSettings& settings) {
    const fs::path path = run / "point.json";
    if (!fs::exists(path)) return {};
    const std::string hint = "choose another --out, or remove " + run.string();
    try {
        const Json json = Json::parse(read_text(path));
        const RunSettings trained{json.at("network_fingerprint").get<std::string>(),
                                  json.value("shuffled", ""), json.value("evaluate_every", 0)};
        if (trained != settings)
            throw Error(run.string(), "was trained with other settings than the experiment's",
                        hint);
        PointResult result;
        result.accuracy_final = optional_number(json, "accuracy_final");
        result.accuracy_best = optional_number(json, "accuracy_best");
        result.loss = optional_number(json, "loss");
        result.accuracy_by_epoch = json.at("accuracy_by_epoch").get<std::vector<double>>();
        result.ranking_distance = json.at("ranking_distance").get<std::vector<double>>();
        result.wiring_bits_per_weight = optional_number(json, "wiring_bits_per_weight");
        result.epochs = json.at("epochs").get<int>();
        result.seconds = json.at("seconds").get<double>();
        result.images_per_second = json.at("images_per_second").get<double>();
        return result;
    } catch (const Json::exception&) {
        throw Error(path.string(), "is not the result of a run", hint);
    }
}

CsvTable results_table(const ExperimentScale& scale, const std::vector<ExperimentPoint>& points,
                       const std::vector<Registers>& registers,
                       const std::vector<std::optional<PointResult>>& results) {
    CsvTable table;
    table.header = {"point"};
    const std::vector<std::string> axes = axes_of(scale);
    table.header.insert(table.header.end(), axes.begin(), axes.end());
    for (const char* column : {"seed", "protocol", "accuracy_final", "accuracy_best", "loss",
                               "ranking_distance", "wiring_bits_per_weight", "register_bits",
                               "epochs", "seconds", "images_per_second", "run"})
        table.header.emplace_back(column);
    for (size_t i = 0; i < points.size(); ++i) {
        if (!results[i]) continue;
        const PointResult& result = *results[i];
        std::vector<std::string> row = {points[i].name};
        for (const std::string& axis : axes)
            row.push_back(points[i].value(axis));
        for (const std::string& text :
             {std::to_string(points[i].seed), scale.protocol, cell(result.accuracy_final),
              cell(result.accuracy_best), cell(result.loss), cell(mean_of(result.ranking_distance)),
              cell(result.wiring_bits_per_weight),
              registers[i].bits ? std::to_string(*registers[i].bits) : std::string(),
              std::to_string(result.epochs), fmt::format("{:.1f}", result.seconds),
              fmt::format("{:.0f}", result.images_per_second), run_name(points[i])})
            row.push_back(text);
        table.rows.push_back(std::move(row));
    }
    return table;
}

std::string run_name(const ExperimentPoint& point) {
    return fmt::format("{}-s{}", point.name, point.seed);
}

}  // namespace permloom::cli
