#include "compiler/passes/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "compiler/base/error.h"
#include "compiler/program/engine_plan.h"

namespace permloom {
namespace {

/// The walk of a convolution, or of a layer that adds: that of a dense one is over a single
/// position.
std::optional<Walk> wanted_walk(const LayerSpec& spec, const PostOpForm& form) {
    if (!spec.convolves && !form.added) return std::nullopt;
    Walk walk;
    walk.map = {1, 1, spec.inputs};
    if (spec.convolves) {
        walk.map = spec.input;
        walk.kernel = spec.conv.kernel;
        walk.stride = spec.conv.stride;
        walk.rows = spec.map.rows;
        walk.columns = spec.map.columns;
        const auto before = [&](int positions, int extent) {
            return std::max((positions - 1) * walk.stride + walk.kernel - extent, 0) / 2;
        };
        if (spec.conv.padding == Padding::same) {
            walk.top = before(walk.rows, walk.map.rows);
            walk.left = before(walk.columns, walk.map.columns);
        }
    }
    walk.pool = form.pool;
    walk.window = form.window;
    walk.skip = form.added;
    return walk;
}

/// The layer of hardware that a network's layer asks for.
ChipLayer wanted_layer(const Checkpoint& checkpoint, const Quantised& quantised, size_t l) {
    const LayerSpec& spec = checkpoint.network.layers[l];
    const QuantisedLayer& from = quantised.layers[l];
    ChipLayer layer;
    layer.inputs = spec.inputs;
    layer.outputs = spec.outputs;
    if (spec.from != static_cast<int>(l) - 1) layer.from = spec.from;
    layer.walk = wanted_walk(spec, quantised.forms[l]);
    layer.rail = spec.rail;
    layer.in_bits = quantised.inputs[l].bits;
    layer.in_zero = quantised.inputs[l].zero;
    if (l + 1 < quantised.layers.size()) layer.out_bits = quantised.codes[l].bits;
    layer.device_bits = from.device_bits;
    layer.shared_profile = from.shared_profile;
    layer.devices = from.devices;
    return layer;
}

Chip new_chip(const Checkpoint& checkpoint, const Quantised& quantised,
              const PlaceOptions& options) {
    const TargetSpec& target = options.target;
    const size_t layers = quantised.layers.size();
    PERMLOOM_ASSERT(!target.automatic || options.choose_engines);
    if (!target.automatic && target.engines.size() != 1 && target.engines.size() != layers)
        throw Error("target " + target.name,
                    fmt::format("names {} engines, the network has {} layers",
                                target.engines.size(), layers),
                    "one engine for all layers, or one for each");
    if (target.circuit != "as-waksman")
        throw Error("target " + target.name,
                    fmt::format("circuit '{}' is not known", target.circuit),
                    "the circuits are: as-waksman");
    if (target.automatic && target.decoder != Decoder::none)
        throw Error(
            "target " + target.name,
            fmt::format("engine auto with decoder {}: it may choose an engine that has none",
                        to_string(target.decoder)),
            "name the engine: serial");
    Chip chip;
    chip.name = options.name;
    chip.target = target.name;
    chip.circuit = target.circuit;
    chip.contexts = target.contexts;
    chip.pixel_stream_bits = target.pixel_stream_bits;
    for (size_t l = 0; l < layers; ++l) {
        ChipLayer layer = wanted_layer(checkpoint, quantised, l);
        layer.engine =
            target.automatic ? Engine::serial : target.engines[target.engines.size() == 1 ? 0 : l];
        if (!target.automatic &&
            (layer.engine == Engine::serial || layer.engine == Engine::programmable))
            layer.lanes = std::min(target.lanes, layer.outputs);
        layer.bit_serial = target.bit_serial && layer.has_network();
        layer.decoder = target.decoder;
        if (layer.engine == Engine::level) layer.lanes = target.inputs_per_cycle;
        chip.layers.push_back(std::move(layer));
    }
    if (target.automatic) options.choose_engines(chip);
    for (size_t l = 0; l < layers; ++l)
        if (chip.layers[l].engine == Engine::spatial) chip.layers[l].lanes = spatial_lanes(chip, l);
    return chip;
}

template <class Value>
void require_equal(const std::string& where, const std::string& what, const Value& chip,
                   const Value& network) {
    if (!(chip == network))
        throw Error(where, fmt::format("the chip has {} {}, the network {}", what, chip, network),
                    "compile for a new chip, or train for this one with `--devices`");
}

void require_fit(const ChipLayer& has, const ChipLayer& wants, const std::string& where,
                 bool last) {
    require_equal(where, "inputs", has.inputs, wants.inputs);
    require_equal(where, "outputs", has.outputs, wants.outputs);
    require_equal(where, "rails", to_string(has.rail), to_string(wants.rail));
    require_equal(where, "input bits", has.in_bits, wants.in_bits);
    require_equal(where, "input zero point", has.in_zero, wants.in_zero);
    if (!last) require_equal(where, "output bits", has.out_bits, wants.out_bits);
    if (has.from != wants.from || has.walk != wants.walk)
        throw Error(where, "the chip's layer reads, walks, pools or adds otherwise",
                    "compile for a new chip");

    std::vector<int32_t> found, needed;
    for (int j = 0; j < wants.outputs; ++j) {
        found.assign(has.bank(j).begin(), has.bank(j).end());
        needed.assign(wants.bank(j).begin(), wants.bank(j).end());
        std::ranges::sort(found);
        std::ranges::sort(needed);
        const auto [a, b] = std::ranges::mismatch(found, needed);
        if (a == found.end()) continue;
        throw Error(fmt::format("{}, neuron {}", where, j),
                    fmt::format("other devices: rank {} is {} on the chip, {} in the network",
                                a - found.begin(), *a, *b),
                    "train on this chip's devices with `--devices`");
    }
}

/// Slots of a bank by the rank of their device; equal devices in slot order.
std::vector<int32_t> slots_by_rank(std::span<const int32_t> bank) {
    std::vector<int32_t> slots(bank.size());
    std::iota(slots.begin(), slots.end(), 0);
    std::ranges::stable_sort(slots, {}, [&](int32_t s) { return bank[static_cast<size_t>(s)]; });
    return slots;
}

std::vector<Permutation> sources_by_slot(const LayerState& state, const ChipLayer& layer) {
    const auto lines = static_cast<size_t>(layer.lines());
    std::vector<Permutation> result;
    result.reserve(static_cast<size_t>(layer.outputs));
    std::vector<int32_t> order;
    for (int j = 0; j < layer.outputs; ++j) {
        if (j == 0 || !layer.shared_profile) order = slots_by_rank(layer.bank(j));
        const auto by_rank = std::span(state.source).subspan(static_cast<size_t>(j) * lines, lines);
        std::vector<int32_t> by_slot(lines);
        for (size_t r = 0; r < lines; ++r)
            by_slot[static_cast<size_t>(order[r])] = by_rank[r];
        result.emplace_back(std::move(by_slot));
    }
    return result;
}

}  // namespace

Placement place(const Checkpoint& checkpoint, const Quantised& quantised,
                const PlaceOptions& options) {
    Placement result;
    if (options.onto == nullptr) {
        result.chip = new_chip(checkpoint, quantised, options);
        check(result.chip, "chip " + options.name);
    } else {
        result.chip = *options.onto;
        const std::string where = "chip " + result.chip.name;
        require_equal(where, "layers", result.chip.layers.size(), quantised.layers.size());
        for (size_t l = 0; l < quantised.layers.size(); ++l)
            require_fit(result.chip.layers[l], wanted_layer(checkpoint, quantised, l),
                        fmt::format("{}, layer {}", where, l), l + 1 == quantised.layers.size());
    }
    for (size_t l = 0; l < quantised.layers.size(); ++l)
        result.sources.push_back(sources_by_slot(checkpoint.layers[l], result.chip.layers[l]));
    return result;
}

}  // namespace permloom
