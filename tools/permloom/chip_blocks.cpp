#include "tools/permloom/chip_blocks.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/perm/as_waksman.h"
#include "compiler/perm/partial.h"
#include "compiler/program/engine_plan.h"
#include "tools/permloom/console.h"

namespace permloom::cli {
namespace {

std::string contexts_text(const Chip& chip) {
    return chip.contexts == 1 ? "1 context" : fmt::format("{} contexts", chip.contexts);
}

std::string shape_text(const Shape& shape) {
    return fmt::format("{} x {} x {}", shape.rows, shape.columns, shape.channels);
}

std::string rail_text(const ChipLayer& layer) {
    if (layer.rail == Rail::dual) return fmt::format("{} lines and complements", layer.inputs);
    if (layer.rail == Rail::split) return fmt::format("{} lines, complements second", layer.inputs);
    return fmt::format("{} lines", layer.inputs);
}

bool unit_devices(const ChipLayer& layer) {
    return std::ranges::all_of(layer.devices, [](int32_t d) { return d >= -1 && d <= 1; });
}

/// The vector in front of an engine.
Block vector_block(const ChipLayer& layer) {
    Block block{BlockKind::memory,
                layer.walk ? "window" : "activations",
                {fmt::format("2 x {} x {} bit", grouped(layer.inputs), layer.in_bits)}};
    block.lines.push_back(layer.bit_serial      ? "a bit of every value a cycle"
                          : layer.has_network() ? "read whole"
                          : layer.lanes == 1 || layer.engine == Engine::programmable
                              ? "1 value a cycle"
                              : fmt::format("{} values a cycle", layer.lanes));
    return block;
}

std::vector<Block> walk_blocks(const ChipLayer& layer) {
    const Walk& walk = *layer.walk;
    const int lanes = window_lanes(layer);
    return {{BlockKind::memory,
             "feature map",
             {fmt::format("2 x {}, {} bit", shape_text(walk.map), layer.in_bits),
              lanes == 1 ? "1 value a cycle" : fmt::format("{} values a cycle", lanes)}},
            {BlockKind::control,
             "window reader",
             {fmt::format("{0} x {0}, stride {1}, {2} steps", walk.kernel, walk.stride,
                          grouped(window_steps(layer))),
              fmt::format("{} x {} positions", walk.rows, walk.columns)}}};
}

void add_folded(LayerBlocks& blocks, const Chip& chip, const ChipLayer& layer) {
    const PrunedTopology pruned = prune(as_waksman_topology(layer.lines()), layer.live_slots());
    const int64_t switches = pruned.topology.switch_count();
    blocks.wired = blocks.data.size();
    blocks.wiring = {
        BlockKind::memory,
        "switch bits",
        {fmt::format("{} x {} bit", grouped(layer.outputs), grouped(switches + pruned.left_out)),
         contexts_text(chip)}};
    blocks.data.push_back(
        {BlockKind::circuit,
         "AS-Waksman network",
         {fmt::format("{}, {} bit", rail_text(layer), layer.bit_serial ? 1 : layer.in_bits),
          fmt::format("{} switches, {} stages", grouped(switches),
                      pruned.topology.stage_count())}});
    blocks.data.push_back(
        {BlockKind::devices,
         "bank",
         {fmt::format("{} devices, {} bit", grouped(layer.lines()), layer.device_bits),
          layer.shared_profile ? "constants for all neurons"
                               : fmt::format("memory of {} rows", grouped(layer.outputs))}});
    blocks.data.push_back({BlockKind::sums,
                           "adder tree",
                           {fmt::format("{} terms", grouped(layer.lines())),
                            fmt::format("{}-bit sum", layer.accumulator_bits())}});
}

void add_serial(LayerBlocks& blocks, const Chip& chip, const ChipLayer& layer) {
    // An entry is the address of a value.
    blocks.wired = blocks.data.size() - 1;
    blocks.wiring = {
        BlockKind::memory,
        layer.decoder == Decoder::none ? "index memory" : "decoded index memory",
        {fmt::format("{} x {} x {} bit", layer.lanes, grouped(engine_plan(layer).wiring_rows),
                     stored_entry_bits(layer)),
         contexts_text(chip)}};
    blocks.data.push_back({BlockKind::devices,
                           layer.lanes == 1 ? "1 lane" : fmt::format("{} lanes", layer.lanes),
                           {fmt::format("devices by {}, {} bit",
                                        layer.shared_profile ? "step" : "entry", layer.device_bits),
                            unit_devices(layer) ? "no multiplier" : "multipliers"}});
    blocks.data.push_back(
        {BlockKind::sums,
         "accumulators",
         {fmt::format("{} x {} bit", layer.lanes, layer.accumulator_bits()), "collector"}});
}

void add_level(LayerBlocks& blocks, const Chip& chip, const ChipLayer& layer) {
    size_t most = 1;
    for (int bank = 0; bank < layer.banks(); ++bank)
        most = std::max(most, levels(layer, bank).size());
    blocks.wired = blocks.data.size();
    blocks.wiring = {BlockKind::memory,
                     "level maps",
                     {fmt::format("{} x {} x {} x {} bit", layer.outputs, grouped(steps(layer)),
                                  layer.lanes, level_bits(layer)),
                      contexts_text(chip)}};
    blocks.data.push_back({BlockKind::devices,
                           fmt::format("{} x {} products", layer.outputs, layer.lanes),
                           {fmt::format("{} levels, {} bit", most, layer.device_bits),
                            unit_devices(layer) ? "no multiplier" : "multipliers"}});
    blocks.data.push_back(
        {BlockKind::sums,
         "adder trees",
         {fmt::format("{} x {} bit", layer.outputs, layer.accumulator_bits()), "collector"}});
}

void add_programmable(LayerBlocks& blocks, const Chip& chip, const ChipLayer& layer) {
    const EnginePlan plan = engine_plan(layer);
    blocks.wired = blocks.data.size();
    blocks.wiring = {
        BlockKind::memory,
        "weights",
        {fmt::format("{} x {} x {} bit", layer.lanes,
                     grouped(int64_t{plan.wiring_rows} * weights_a_row(layer)), weight_bits(layer)),
         contexts_text(chip)}};
    blocks.data.push_back({BlockKind::devices,
                           layer.lanes == 1 ? "1 lane" : fmt::format("{} lanes", layer.lanes),
                           {"weights from memory", "multipliers"}});
    blocks.data.push_back(
        {BlockKind::sums,
         "accumulators",
         {fmt::format("{} x {} bit", layer.lanes, layer.accumulator_bits()), "collector"}});
}

Block post_op_block(const ChipLayer& layer, bool last) {
    if (last) return {BlockKind::control, "post-op", {"bias", "32-bit logits"}};
    return {BlockKind::control,
            "post-op",
            {layer.adds() ? "bias, scale, skip, clamp" : "bias, scale, clamp",
             fmt::format("{}-bit codes", layer.out_bits)}};
}

Block map_writer_block(const ChipLayer& layer) {
    const Walk& walk = *layer.walk;
    Block block{BlockKind::control, "map writer", {}};
    if (walk.pool != Pool::none)
        block.lines.push_back(fmt::format("{0} of {1} x {1}",
                                          walk.pool == Pool::max ? "largest" : "sum", walk.window));
    block.lines.push_back(shape_text({walk.pooled_rows(), walk.pooled_columns(), layer.outputs}));
    return block;
}

}  // namespace

LayerBlocks layer_blocks(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    LayerBlocks blocks;
    if (layer.walk) blocks.data = walk_blocks(layer);
    blocks.data.push_back(vector_block(layer));
    switch (layer.engine) {
        case Engine::folded:
        case Engine::spatial:
            add_folded(blocks, chip, layer);
            break;
        case Engine::serial:
            add_serial(blocks, chip, layer);
            break;
        case Engine::level:
            add_level(blocks, chip, layer);
            break;
        case Engine::programmable:
            add_programmable(blocks, chip, layer);
            break;
    }
    blocks.post_op = blocks.data.size();
    blocks.data.push_back(post_op_block(layer, index + 1 == chip.layers.size()));
    if (layer.walk) blocks.data.push_back(map_writer_block(layer));
    if (layer.adds()) {
        const ChipLayer& added = chip.layers[static_cast<size_t>(*layer.walk->skip)];
        blocks.skip = Block{BlockKind::memory,
                            "skip memory",
                            {fmt::format("{} x {} x {} bit", skip_banks(chip, index),
                                         grouped(added.output_size()), added.value_bits()),
                             fmt::format("of layer {}", *layer.walk->skip)}};
    }
    return blocks;
}

Block loader_block(const Chip& chip) {
    return {
        BlockKind::control, "configuration loader", {"32-bit load stream", contexts_text(chip)}};
}

Block pixel_loader_block(const Chip& chip) {
    return {BlockKind::control,
            "pixel loader",
            {fmt::format("{} pixels of {} bit, {} a beat", grouped(chip.inputs()), chip.in_bits(),
                         chip.pixels_per_beat()),
             fmt::format("{}-bit stream, {} beats", chip.pixel_stream_bits,
                         grouped(chip.pixel_beats()))}};
}

Block result_block(const Chip& chip) {
    return {
        BlockKind::control,
        "result unit",
        {fmt::format("2 x {} logits of 32 bit", grouped(chip.outputs())), "class: the largest"}};
}

}  // namespace permloom::cli
