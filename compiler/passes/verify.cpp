#include "compiler/passes/verify.h"

#include <fmt/format.h>

#include <span>
#include <string>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/passes/verify_registers.h"
#include "compiler/passes/verify_stream.h"
#include "compiler/program/expand.h"

namespace permloom {
namespace {

constexpr char HINT[] = "the configuration is damaged, or made from another checkpoint";

std::string place_of(size_t layer, size_t neuron) {
    return fmt::format("layer {}, neuron {}", layer, neuron);
}

/// What a layer reads, walks over and adds, held against the description.
void verify_walk(const LayerSpec& wanted, const Chip& chip, size_t l) {
    const ChipLayer& layer = chip.layers[l];
    const auto differs = [&](const char* what) {
        throw Error(fmt::format("layer {}", l), fmt::format("the chip's layer {} otherwise", what));
    };
    if (chip.source(l) != wanted.from) differs("reads");
    std::optional<int> added;
    int window = 1;
    Pool pool = Pool::none;
    for (const OpSpec& op : wanted.then) {
        if (const auto* add = std::get_if<AddSpec>(&op)) added = add->layer;
        if (const auto* max = std::get_if<MaxPoolSpec>(&op); max && max->window > 1) {
            pool = Pool::max;
            window = max->window;
        }
        if (const auto* average = std::get_if<AveragePoolSpec>(&op); average) {
            window = average->window == 0 ? wanted.map.rows : average->window;
            if (window > 1) pool = Pool::sum;
        }
    }
    if (!layer.walk) {
        if (wanted.convolves || added || pool != Pool::none) differs("walks");
        return;
    }
    const Walk& walk = *layer.walk;
    if (walk.skip != added) differs("adds");
    if (walk.pool != pool || walk.window != window) differs("pools");
    if (!wanted.convolves) return;
    // The first and the last window of the walk lie where Keras puts them.
    const int over = std::max((walk.rows - 1) * walk.stride + walk.kernel - wanted.input.rows, 0);
    if (walk.map != wanted.input || walk.kernel != wanted.conv.kernel ||
        walk.stride != wanted.conv.stride || walk.rows != wanted.map.rows ||
        walk.columns != wanted.map.columns ||
        walk.top != (wanted.conv.padding == Padding::same ? over / 2 : 0))
        differs("walks");
}

void verify_shapes(const Checkpoint& checkpoint, const Chip& chip) {
    const std::vector<LayerSpec>& wanted = checkpoint.network.layers;
    if (chip.layers.size() != wanted.size())
        throw Error("chip " + chip.name, fmt::format("{} layers, the network has {}",
                                                     chip.layers.size(), wanted.size()));
    for (size_t l = 0; l < wanted.size(); ++l)
        if (chip.layers[l].inputs != wanted[l].inputs ||
            chip.layers[l].outputs != wanted[l].outputs || chip.layers[l].rail != wanted[l].rail)
            throw Error(fmt::format("layer {}", l), "the chip's layer has another shape or rail");
    for (size_t l = 0; l < wanted.size(); ++l)
        verify_walk(wanted[l], chip, l);
}

/// Weight of every line of one neuron: the device that `source` wires to it.
std::vector<int32_t> weights(std::span<const int32_t> bank, std::span<const int32_t> source) {
    std::vector<int32_t> result(bank.size());
    for (size_t r = 0; r < bank.size(); ++r)
        result[static_cast<size_t>(source[r])] = bank[r];
    return result;
}

void verify_weights(const Checkpoint& checkpoint, const Chip& chip,
                    const std::vector<std::vector<Permutation>>& sources) {
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const LayerState& state = checkpoint.layers[l];
        const auto lines = static_cast<size_t>(layer.lines());
        const bool shared = state.profile_q.size() == lines;
        for (size_t j = 0; j < sources[l].size(); ++j) {
            const std::vector<int32_t> trained =
                weights(std::span(state.profile_q).subspan(shared ? 0 : j * lines, lines),
                        std::span(state.source).subspan(j * lines, lines));
            const std::vector<int32_t> wired =
                weights(layer.bank(static_cast<int>(j)), sources[l][j].values());
            for (size_t i = 0; i < lines; ++i)
                if (wired[i] != trained[i])
                    throw Error(place_of(l, j),
                                fmt::format("line {} has device {}, its weight is {}", i, wired[i],
                                            trained[i]),
                                HINT);
        }
    }
}

}  // namespace

void verify(const Checkpoint& checkpoint, const Chip& chip, const Configuration& configuration) {
    // 1. The parts fit together.
    check(chip, "chip " + chip.name);
    require_match(chip, configuration, "configuration");
    verify_shapes(checkpoint, chip);
    if (configuration.classes != checkpoint.classes)
        throw Error("configuration", fmt::format("{} classes, the checkpoint has {}",
                                                 configuration.classes, checkpoint.classes));

    // 2. The stored codes are the trained weights.
    const std::vector<std::vector<Permutation>> sources = decode_sources(chip, configuration);
    verify_weights(checkpoint, chip, sources);

    // 3. The load stream carries that wiring and the registers.
    verify_stream(chip, configuration, sources, expand(chip, configuration).words);

    // 4. The registers say the trained post-op, and nothing overflows.
    verify_registers(checkpoint, chip, configuration, sources);
}

}  // namespace permloom
