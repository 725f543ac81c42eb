#include "compiler/passes/verify_measured.h"

#include <fmt/format.h>

#include "compiler/base/error.h"
#include "compiler/passes/load_rows.h"
#include "compiler/passes/verify_stream.h"
#include "compiler/program/expand.h"

namespace permloom {
namespace {

/// No stuck switch is asked for another setting than it has.
void verify_stuck(const Chip& chip, const DeviceInstance& instance,
                  std::span<const uint32_t> words) {
    for (const LoadRecord& record : read_load_records(words))
        for (const LoadRow& row : record.rows) {
            if (row.section != Section::switches) continue;
            const auto l = static_cast<size_t>(row.layer);
            for (const LayerStuckSwitch& stuck : instance.layers[l].stuck) {
                const bool serves = chip.layers[l].engine == Engine::folded ||
                                    stuck.network == static_cast<int>(row.neuron);
                if (!serves || stuck.stage != static_cast<int>(row.stage)) continue;
                const auto at = static_cast<size_t>(stuck.index);
                const bool loaded = (row.words[at / 32] >> (at % 32) & 1U) != 0;
                if (loaded != stuck.crossed)
                    throw Error(fmt::format("layer {}, neuron {}", l, row.neuron),
                                fmt::format("switch {} of stage {} is stuck {}, the load wants it "
                                            "{}",
                                            stuck.index, stuck.stage,
                                            stuck.crossed ? "crossed" : "straight",
                                            loaded ? "crossed" : "straight"));
            }
        }
}

}  // namespace

void verify_measured(const Chip& chip, const DeviceInstance& instance,
                     const Configuration& configuration, const Sources& sources) {
    require_match(chip, configuration, "configuration", &instance);
    const auto decoded = decode_sources(chip, configuration, &instance);
    for (size_t l = 0; l < sources.size(); ++l)
        for (size_t j = 0; j < sources[l].size(); ++j)
            if (!(decoded[l][j] == sources[l][j]))
                throw Error(fmt::format("layer {}, neuron {}", l, j),
                            "its code is another wiring than the one that was made");
    const LoadStream stream = expand(chip, configuration, 0, &instance);
    verify_stream(chip, configuration, sources, stream.words);
    verify_stuck(chip, instance, stream.words);
}

}  // namespace permloom
