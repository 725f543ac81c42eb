#include "sim/physical/layer_wiring.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/evaluate.h"
#include "compiler/program/expand.h"
#include "compiler/program/load_records.h"

namespace permloom {
namespace {

/// The switch bits of every neuron, out of the load stream.
std::vector<std::vector<SwitchBits>> loaded_bits(const Chip& chip, const LoadStream& stream) {
    std::vector<std::vector<SwitchBits>> bits(chip.layers.size());
    for (size_t l = 0; l < chip.layers.size(); ++l)
        if (chip.layers[l].has_network())
            bits[l].assign(static_cast<size_t>(chip.layers[l].outputs),
                           SwitchBits(as_waksman_topology(chip.layers[l].lines()).row_widths()));
    for (const LoadRecord& record : records_of(stream.words)) {
        if (record.section != Section::switches) continue;
        for (size_t row = 0; row < record.count(); ++row)
            std::ranges::copy(record.row(row), bits[record.layer][record.first + row]
                                                   .words(static_cast<int>(record.stage))
                                                   .begin());
    }
    return bits;
}

std::vector<double> through_network(const Topology& network, const SwitchBits& bits,
                                    const SwitchPass& pass, std::span<const double> slots) {
    std::vector<double> values(slots.begin(), slots.end());
    for (int stage = network.stage_count() - 1; stage >= 0; --stage) {
        const std::vector<Switch>& switches = network.stages[static_cast<size_t>(stage)];
        for (size_t i = 0; i < switches.size(); ++i) {
            double& low = values[static_cast<size_t>(switches[i].low)];
            double& high = values[static_cast<size_t>(switches[i].high)];
            const double straight = pass.through * low + pass.leak * high;
            const double crossed = pass.through * high + pass.leak * low;
            const bool is_crossed = bits.at(stage, static_cast<int>(i));
            low = is_crossed ? crossed : straight;
            high = is_crossed ? straight : crossed;
        }
    }
    return values;
}

/// A signal passes the crosspoints of its row up to its column, and those of the column below.
std::vector<double> through_crossbar(const Permutation& source, const SwitchPass& pass,
                                     std::span<const double> slots) {
    const int lines = source.size();
    std::vector<double> kept(static_cast<size_t>(2 * lines), 1.0);
    for (size_t i = 1; i < kept.size(); ++i)
        kept[i] = kept[i - 1] * pass.through;
    std::vector<double> values(slots.size(), 0.0);
    for (int slot = 0; slot < lines; ++slot) {
        const double worth = slots[static_cast<size_t>(slot)];
        if (worth == 0.0) continue;
        for (int line = 0; line < lines; ++line) {
            const double here = kept[static_cast<size_t>(slot + lines - 1 - line)];
            values[static_cast<size_t>(line)] +=
                worth * here * (line == source[slot] ? pass.through : pass.leak);
        }
    }
    return values;
}

}  // namespace

std::vector<LayerWiring> wire(const Chip& chip, const Configuration& configuration,
                              const DeviceInstance& instance) {
    const LoadStream stream = expand(chip, configuration, 0, &instance);
    auto bits = loaded_bits(chip, stream);
    auto sources = decode_sources(chip, configuration, &instance);
    std::vector<LayerWiring> wiring(chip.layers.size());
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        wiring[l].sources = std::move(sources[l]);
        if (!layer.has_network()) continue;
        wiring[l].network = as_waksman_topology(layer.lines());
        wiring[l].bits = std::move(bits[l]);
        const std::vector<LayerStuckSwitch>& stuck = instance.layers[l].stuck;
        if (stuck.empty()) continue;
        for (int j = 0; j < layer.outputs; ++j) {
            SwitchBits& row = wiring[l].bits[static_cast<size_t>(j)];
            for (const LayerStuckSwitch& one : stuck)
                if (layer.engine == Engine::folded || one.network == j)
                    row.set(one.stage, one.index, one.crossed);
            wiring[l].sources[static_cast<size_t>(j)] = evaluate(*wiring[l].network, row);
        }
    }
    return wiring;
}

std::vector<double> line_values(const LayerWiring& wiring, size_t neuron, const SwitchPass& pass,
                                std::span<const double> slots) {
    const bool lossless = pass.through == 1.0 && pass.leak == 0.0;
    if (!lossless && wiring.crossbar) return through_crossbar(wiring.sources[neuron], pass, slots);
    if (!lossless && wiring.network)
        return through_network(*wiring.network, wiring.bits[neuron], pass, slots);
    std::vector<double> values(slots.size());
    for (size_t slot = 0; slot < slots.size(); ++slot)
        values[static_cast<size_t>(wiring.sources[neuron][static_cast<int>(slot)])] = slots[slot];
    return values;
}

double mean_transmission(const LayerWiring& wiring, const SwitchPass& pass) {
    const SwitchPass meant{pass.through, 0.0};
    double sum = 0.0;
    size_t count = 0;
    for (size_t j = 0; j < wiring.sources.size(); ++j) {
        const std::vector<double> ones(static_cast<size_t>(wiring.sources[j].size()), 1.0);
        for (const double kept : line_values(wiring, j, meant, ones))
            sum += kept;
        count += ones.size();
    }
    return sum / static_cast<double>(count);
}

}  // namespace permloom
