#include "tools/permloom/copy_summary.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/permloom/console.h"
#include "tools/permloom/inputs.h"

namespace permloom::cli {
namespace {

/// Of a layer: how many devices there are and how far they are from what they should be.
struct LayerSummary {
    int banks = 0;
    size_t cells = 0, missing = 0, stuck = 0;
    double error = 0.0;  ///< root mean square of measured - nominal, in steps
};

LayerSummary summary_of(const ChipLayer& layer, const LayerInstance& copy) {
    LayerSummary summary{copy.banks, copy.plus.size(), copy.missing(), copy.stuck.size(), 0.0};
    double squares = 0.0;
    for (int bank = 0; bank < copy.banks; ++bank) {
        const std::vector<double> measured = measured_bank(layer, copy, bank);
        for (size_t slot = 0; slot < measured.size(); ++slot) {
            const double difference = measured[slot] - layer.bank(bank)[slot];
            squares += difference * difference;
        }
    }
    summary.error = std::sqrt(squares / static_cast<double>(summary.cells));
    return summary;
}

}  // namespace

std::string copy_table(const Chip& chip, const DeviceInstance& copy) {
    Table table({"layer", "banks", "slots", "missing", "stuck switches", "rms error, steps"});
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const LayerSummary summary = summary_of(chip.layers[l], copy.layers[l]);
        table.add({layer_text(chip, l), grouped(summary.banks),
                   grouped(static_cast<int64_t>(summary.cells)),
                   grouped(static_cast<int64_t>(summary.missing)),
                   grouped(static_cast<int64_t>(summary.stuck)),
                   fmt::format("{:.4f}", summary.error)});
    }
    return table.text();
}

nlohmann::ordered_json copy_json(const Chip& chip, const DeviceInstance& copy) {
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const LayerSummary summary = summary_of(chip.layers[l], copy.layers[l]);
        layers.push_back({{"banks", summary.banks},
                          {"slots", summary.cells},
                          {"missing", summary.missing},
                          {"stuck_switches", summary.stuck},
                          {"rms_error", summary.error}});
    }
    return layers;
}

}  // namespace permloom::cli
