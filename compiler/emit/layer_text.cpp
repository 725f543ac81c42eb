#include "compiler/emit/layer_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/emit/block_ram.h"
#include "compiler/emit/verilog_text.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/partial.h"
#include "compiler/program/engine_plan.h"

namespace permloom {
namespace {

/// A vector whole, for engines with a switch network.
constexpr char ACTIVATION_BUFFER[] = R"(  wire [{vector_msb}:0] vector_{i};
  wire release_{i};
  wire turn_{i};
{write_port}  pl_activation_buffer #(
    .SIZE({inputs}), .BITS({in_bits}), .LANES({writes}){serial}
  ) i_buffer_{i} (
    .clk(clk), .rst_n(rst_n), {taken}, .out_valid(full_{i}),
    .out_ctx(full_ctx_{i}), .out_data(vector_{i}), .out_turn(turn_{i}),
    .out_release(release_{i})
  );
)";

/// A vector by address, for the other engines.
constexpr char ACTIVATION_MEMORY[] = R"(  wire bank_{i};
  wire advance_{i};
  wire release_{i};
  wire read_{i};
  wire read_bank_{i};
  wire [{address_msb}:0] address_{i};
  wire [{read_msb}:0] elements_{i};
{write_port}  pl_activation_memory #(
    .SIZE({inputs}), .BITS({in_bits}), .LANES({writes}), .WORD({word}), .PORTS({ports}){tail}
  ) i_buffer_{i} (
    .clk(clk), .rst_n(rst_n), {taken}, .out_valid(full_{i}),
    .out_ctx(full_ctx_{i}), .out_bank(bank_{i}), .out_advance(advance_{i}),
    .out_release(release_{i}), .read_en(read_{i}), .read_bank(read_bank_{i}),
    .read_addr(address_{i}), .read_data(elements_{i})
  );
)";

/// What a buffer takes: from write port {p}, {valid} and {ready} being wires of its own where
/// others take the values too.
constexpr char TAKEN[] =
    R"(.in_valid({valid}), .in_addr(index_{p}), .in_last(last_{p}),
    .in_ctx(ctx_{p}), .in_data(data_{p}), .in_ready({ready}))";

/// In front of the buffer of a layer that walks: its feature map, and who reads it.
constexpr char WINDOWS[] = R"(  wire map_full_{i};
  wire map_ctx_{i};
  wire map_bank_{i};
  wire map_leave_{i};
  wire map_read_{i};
  wire map_read_bank_{i};
  wire [{map_address_msb}:0] map_address_{i};
  wire [{window_msb}:0] map_word_{i};
  pl_activation_memory #(
    .SIZE({map_size}), .BITS({in_bits}), .LANES({map_writes}), .WORD({window_lanes}), .PORTS(1)
  ) i_map_{i} (
    .clk(clk), .rst_n(rst_n), {map_taken}, .out_valid(map_full_{i}),
    .out_ctx(map_ctx_{i}), .out_bank(map_bank_{i}), .out_advance(map_leave_{i}),
    .out_release(map_leave_{i}), .read_en(map_read_{i}), .read_bank(map_read_bank_{i}),
    .read_addr(map_address_{i}), .read_data(map_word_{i})
  );
{skip}  wire window_valid_{i};
  wire window_last_{i};
  wire [15:0] window_step_{i};
  wire window_ctx_{i};
  wire [{window_msb}:0] window_data_{i};
  wire window_ready_{i};
  pl_window_reader #(
    .ROWS({rows}), .COLUMNS({columns}), .CHANNELS({channels}), .KERNEL({kernel}),
    .STRIDE({stride}), .TOP({top}), .LEFT({left}), .ZERO({zero}), .OUT_ROWS({out_rows}),
    .OUT_COLUMNS({out_columns}), .LANES({window_lanes}), .BITS({in_bits})
  ) i_windows_{i} (
    .clk(clk), .rst_n(rst_n), .in_valid(map_full_{i}), .in_ctx(map_ctx_{i}),
    .in_bank(map_bank_{i}), .in_leave(map_leave_{i}), .skip_valid({skip_valid}),
    .read_en(map_read_{i}), .read_bank(map_read_bank_{i}), .read_addr(map_address_{i}),
    .read_data(map_word_{i}), .wr_ready(window_ready_{i}), .wr_valid(window_valid_{i}),
    .wr_last(window_last_{i}), .wr_addr(window_step_{i}), .wr_ctx(window_ctx_{i}),
    .wr_data(window_data_{i})
  );
)";

constexpr char WINDOW_TAKEN[] =
    R"(.in_valid(window_valid_{i}), .in_addr(window_step_{i}),
    .in_last(window_last_{i}), .in_ctx(window_ctx_{i}), .in_data(window_data_{i}),
    .in_ready(window_ready_{i}))";

/// What a layer adds.
constexpr char SKIP[] = R"(  wire skip_full_{i};
  wire [{skip_msb}:0] skip_value_{i};
  pl_skip_memory #(.SIZE({skip_size}), .BITS({skip_bits}), .BANKS({skip_banks})) i_skip_{i} (
    .clk(clk), .rst_n(rst_n), {skip_taken}, .out_valid(skip_full_{i}),
    .out_advance(map_leave_{i}), .en(sum_en_{i}), .sum_valid(sum_there_{i}),
    .value(skip_value_{i})
  );
)";

/// Behind a layer that walks.
constexpr char MAP_WRITER[] = R"(  pl_map_writer #(
    .NEURONS({neurons}), .ROWS({out_rows}), .COLUMNS({out_columns}), .POOL({pool}),
    .WINDOW({pool_window}), .BITS({out_bits})
  ) i_writer_{i} (
    .clk(clk), .rst_n(rst_n), .in_valid(code_valid_{i}), .in_last(code_last_{i}),
    .in_ctx(code_ctx_{i}), .in_data(code_{i}), .in_ready(code_ready_{i}),
    .wr_ready(ready_{next}), .wr_valid(valid_{next}), .wr_last(last_{next}),
    .wr_index(index_{next}), .wr_ctx(ctx_{next}), .wr_data(data_{next}),
    .probe_valid({probe_valid}), .probe_index({probe_index}),
    .probe_value({probe_value})
  );
)";

/// Where the codes of a layer go: out, or into its map writer, which then tells of the writes.
constexpr char OUT_PORT[] =
    R"(.wr_ready(ready_{next}), .wr_valid(valid_{next}), .wr_last(last_{next}),
    .wr_index(index_{next}), .wr_ctx(ctx_{next}), .wr_data(data_{next}),
    .probe_valid({probe_valid}), .probe_index({probe_index}),
    .probe_value({probe_value}))";
constexpr char CODE_PORT[] =
    R"(.wr_ready(code_ready_{i}), .wr_valid(code_valid_{i}), .wr_last(code_last_{i}),
    .wr_index(code_neuron_{i}), .wr_ctx(code_ctx_{i}), .wr_data(code_{i}),
    .probe_valid(code_probe_{i}), .probe_index(code_probe_index_{i}),
    .probe_value(code_probe_value_{i}))";
constexpr char CODE_WIRES[] = R"(  wire code_valid_{i};
  wire code_last_{i};
  wire [15:0] code_neuron_{i};
  wire code_ctx_{i};
  wire [{code_msb}:0] code_{i};
  wire code_ready_{i};
  wire code_probe_{i};
  wire [15:0] code_probe_index_{i};
  wire [31:0] code_probe_value_{i};
  wire code_unused_{i} =
      &{{1'b0, code_neuron_{i}, code_probe_{i}, code_probe_index_{i}, code_probe_value_{i}}};
)";

constexpr char LAYER[] = R"(  pl_{engine}_layer #(
    .LAYER({i}), .INPUTS({inputs}), .NEURONS({neurons}), {lanes}.RAIL({rail}), .IN_BITS({in_bits}),
    .OUT_BITS({out_bits}), .DEVICE_BITS({device_bits}), .ACC_BITS({acc_bits}), .LAST({last}),
    .CONTEXTS(CONTEXTS), .ROW_BITS(ROW_BITS),{adds}{boot}
    {devices}
  ) i_layer_{i} (
    .clk(clk), .rst_n(rst_n), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data),
    .in_valid(full_{i}), .in_ctx(full_ctx_{i}), {inputs_from},
    .sum_en(sum_en_{i}), .sum_there(sum_there_{i}), .skip({skip_value}),
    {codes}
  );
)";

std::string image_parameter(size_t index) {
    return fmt::format("IMAGE(\"{}\")", device_image_name(static_cast<int>(index)));
}

constexpr size_t SWITCHES_PER_LINE = 256;

/// `.PRESENT(...)` of a layer where devices of 0 make switches useless, else nothing.
std::string present_switches(const ChipLayer& layer) {
    const PrunedTopology pruned = prune(as_waksman_topology(layer.lines()), layer.live_slots());
    if (pruned.left_out == 0) return "";
    std::vector<int32_t> present;
    for (const auto& stage : pruned.present)
        present.insert(present.end(), stage.begin(), stage.end());
    return ",\n    .PRESENT(" + packed_literal(present, 1, 6, SWITCHES_PER_LINE) + ")";
}

std::string spatial_devices(const ChipLayer& layer) {
    std::string text =
        fmt::format(".SHARED_PROFILE({}), .DEVICES({})", layer.shared_profile ? 1 : 0,
                    packed_literal(layer.devices, layer.device_bits, 6));
    std::vector<int32_t> present;
    int64_t left_out = 0;
    const Topology topology = as_waksman_topology(layer.lines());
    for (int bank = 0; bank < layer.banks(); ++bank) {
        const PrunedTopology pruned = prune(topology, layer.live_slots(bank));
        left_out += pruned.left_out;
        for (const auto& stage : pruned.present)
            present.insert(present.end(), stage.begin(), stage.end());
    }
    if (left_out == 0) return text;
    return text + ",\n    .PRESENT(" + packed_literal(present, 1, 6, SWITCHES_PER_LINE) + ")";
}

std::string folded_devices(const ChipLayer& layer, size_t index) {
    if (!layer.shared_profile) return ".SHARED_PROFILE(0), ." + image_parameter(index);
    return ".SHARED_PROFILE(1), .DEVICES(" + packed_literal(layer.bank(0), layer.device_bits, 6) +
           ")" + present_switches(layer);
}

/// Where no multiplier is needed.
bool unit_devices(const ChipLayer& layer) {
    return std::ranges::all_of(layer.devices, [](int32_t d) { return d >= -1 && d <= 1; });
}

std::string serial_devices(const ChipLayer& layer, size_t index) {
    const std::vector<int32_t> counts = group_entries(layer);
    const bool unit = unit_devices(layer);
    std::string text =
        fmt::format(".SHARED_PROFILE({}), .UNIT({}), .MOST({}), .ENTRIES({}),\n    .COUNTS(",
                    layer.shared_profile ? 1 : 0, unit ? 1 : 0, *std::ranges::max_element(counts),
                    engine_plan(layer).wiring_rows);
    if (!layer.shared_profile)
        return text + packed_literal(counts, 16, 6) + "),\n    ." + image_parameter(index);
    std::vector<int32_t> live;
    for (const int32_t slot : live_slots(layer, 0))
        live.push_back(layer.bank(0)[static_cast<size_t>(slot)]);
    text += fmt::format("{}), .NEGATIVES({})", sized(16, live.size()),
                        std::ranges::count_if(live, [](int32_t device) { return device < 0; }));
    if (unit) return text;
    return text + ",\n    .DEVICES(" + packed_literal(live, layer.device_bits, 6) + ")";
}

std::string level_devices(const ChipLayer& layer) {
    const int bits = level_bits(layer);
    std::vector<int32_t> table;
    for (int bank = 0; bank < layer.banks(); ++bank) {
        const std::vector<int32_t> values = levels(layer, bank);
        table.insert(table.end(), values.begin(), values.end());
        table.resize((static_cast<size_t>(bank) + 1) << bits);
    }
    return fmt::format(
        ".SHARED_PROFILE({}), .UNIT({}), .LEVEL_BITS({}), .LEVELS({})",
        layer.shared_profile ? 1 : 0, unit_devices(layer) ? 1 : 0, bits,
        packed_literal(table, layer.device_bits, 6, std::max<size_t>(size_t{1} << bits, 16)));
}

std::string devices_text(const ChipLayer& layer, size_t index) {
    switch (layer.engine) {
        case Engine::folded:
            return folded_devices(layer, index);
        case Engine::spatial:
            return spatial_devices(layer);
        case Engine::serial:
            return serial_devices(layer, index);
        case Engine::level:
            return level_devices(layer);
        case Engine::programmable:
            return fmt::format(".ROW_WEIGHTS({})", weights_a_row(layer));
    }
    PERMLOOM_ASSERT(false);
    return "";
}

}  // namespace

std::vector<std::string> takers(const Chip& chip, size_t port) {
    const int layer = static_cast<int>(port) - 1;
    std::vector<std::string> wires;
    for (const size_t reader : chip.readers(layer))
        wires.push_back(fmt::format("ready_{}_read_{}", port, reader));
    for (const size_t adder : chip.adders(layer))
        wires.push_back(fmt::format("ready_{}_add_{}", port, adder));
    if (wires.size() <= 1) return {fmt::format("ready_{}", port)};
    return wires;
}

std::string write_port(size_t index, int bits, const std::vector<std::string>& takers) {
    std::string text = fmt::format(R"(  wire valid_{0};
  wire [15:0] index_{0};
  wire last_{0};
  wire ctx_{0};
  wire [{1}:0] data_{0};
)",
                                   index, bits - 1);
    if (takers.size() == 1) return text + fmt::format("  wire ready_{};\n", index);
    // None takes a value before all can.
    for (const std::string& taker : takers)
        text += fmt::format("  wire {};\n", taker);
    return text +
           fmt::format("  wire ready_{0} = {1};\n  wire taken_{0} = valid_{0} && ready_{0};\n",
                       index, fmt::join(takers, " && "));
}

namespace {

/// The connections of one that takes the values of a port: `kind` is read or add.
std::string taken_text(const Chip& chip, size_t port, const char* kind, size_t by) {
    const bool alone = takers(chip, port).size() == 1;
    return fmt::format(fmt::runtime(TAKEN), fmt::arg("p", port),
                       fmt::arg("valid", fmt::format("{}_{}", alone ? "valid" : "taken", port)),
                       fmt::arg("ready", alone ? fmt::format("ready_{}", port)
                                               : fmt::format("ready_{}_{}_{}", port, kind, by)));
}

size_t port_of(int layer) {
    return static_cast<size_t>(layer + 1);
}

/// The probes of a layer on one of their buses, `bits` bits each.
std::string probe_slice(const Chip& chip, size_t index, const char* bus, int bits) {
    int first = 0;
    for (size_t l = 0; l < index; ++l)
        first += chip.layers[l].values_a_write();
    const int count = chip.layers[index].values_a_write();
    if (bits == 1 && count == 1) return fmt::format("probe_{}[{}]", bus, first);
    return fmt::format("probe_{}[{}*{}+:{}]", bus, bits, first, bits * count);
}

std::string windows_text(const Chip& chip, size_t index, int map_writes) {
    const ChipLayer& layer = chip.layers[index];
    const Walk& walk = *layer.walk;
    const int lanes = window_lanes(layer);
    std::string skip;
    if (layer.adds()) {
        const ChipLayer& added = chip.layers[static_cast<size_t>(*walk.skip)];
        skip = fmt::format(
            fmt::runtime(SKIP), fmt::arg("i", index), fmt::arg("skip_msb", added.value_bits() - 1),
            fmt::arg("skip_size", added.output_size()), fmt::arg("skip_bits", added.value_bits()),
            fmt::arg("skip_banks", skip_banks(chip, index)),
            fmt::arg("skip_taken", taken_text(chip, port_of(*walk.skip), "add", index)));
    }
    return fmt::format(
        fmt::runtime(WINDOWS), fmt::arg("i", index), fmt::arg("skip", skip),
        fmt::arg("skip_valid", layer.adds() ? fmt::format("skip_full_{}", index) : "1'b1"),
        fmt::arg("map_taken", taken_text(chip, port_of(chip.source(index)), "read", index)),
        fmt::arg("map_size", walk.map.size()), fmt::arg("map_writes", map_writes),
        fmt::arg("map_address_msb", index_bits(walk.map.size() / lanes) - 1),
        fmt::arg("window_lanes", lanes), fmt::arg("window_msb", lanes * layer.in_bits - 1),
        fmt::arg("in_bits", layer.in_bits), fmt::arg("rows", walk.map.rows),
        fmt::arg("columns", walk.map.columns), fmt::arg("channels", walk.map.channels),
        fmt::arg("kernel", walk.kernel), fmt::arg("stride", walk.stride), fmt::arg("top", walk.top),
        fmt::arg("left", walk.left), fmt::arg("zero", layer.in_zero),
        fmt::arg("out_rows", walk.rows), fmt::arg("out_columns", walk.columns));
}

std::string map_writer_text(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    const Walk& walk = *layer.walk;
    return fmt::format(fmt::runtime(MAP_WRITER), fmt::arg("i", index), fmt::arg("next", index + 1),
                       fmt::arg("neurons", layer.outputs), fmt::arg("out_rows", walk.rows),
                       fmt::arg("out_columns", walk.columns),
                       fmt::arg("pool", static_cast<int>(walk.pool)),
                       fmt::arg("pool_window", walk.window), fmt::arg("out_bits", layer.out_bits),
                       fmt::arg("probe_valid", probe_slice(chip, index, "valid", 1)),
                       fmt::arg("probe_index", probe_slice(chip, index, "index", 16)),
                       fmt::arg("probe_value", probe_slice(chip, index, "value", 32)));
}

}  // namespace

std::string layer_text(const Chip& chip, size_t index, const BootOptions& options) {
    const ChipLayer& layer = chip.layers[index];
    const bool last = index + 1 == chip.layers.size();
    const bool whole = layer.has_network();
    // `serial` reads an element through each of its ports, `level` a word through one,
    // `programmable` an element for all lanes.
    const int word = layer.engine == Engine::level ? layer.lanes : 1;
    const int ports = layer.engine == Engine::serial ? layer.lanes : 1;
    const int words = (layer.inputs + word - 1) / word;
    const int source = chip.source(index);
    const int writes = chip.values_a_write(source);
    const int vector_writes = layer.walk ? window_lanes(layer) : writes;
    const int tail = layer.engine == Engine::serial ? activation_tail(layer, vector_writes) : 0;
    const std::vector<std::string> out =
        last ? std::vector<std::string>{fmt::format("ready_{}", index + 1)}
             : takers(chip, index + 1);
    const auto numbered = [&](const char* text) {
        return fmt::format(fmt::runtime(text), fmt::arg("i", index), fmt::arg("next", index + 1),
                           fmt::arg("code_msb", layer.out_bits - 1),
                           fmt::arg("probe_valid", probe_slice(chip, index, "valid", 1)),
                           fmt::arg("probe_index", probe_slice(chip, index, "index", 16)),
                           fmt::arg("probe_value", probe_slice(chip, index, "value", 32)));
    };
    std::string text = fmt::format(
        fmt::runtime("  // Layer {i}: {inputs} -> {neurons}, engine {engine}.\n"
                     "  wire full_{i};\n"
                     "  wire full_ctx_{i};\n"
                     "  wire sum_en_{i};\n"
                     "  wire sum_there_{i};\n"
                     "{sum_unused}" +
                     std::string(whole ? ACTIVATION_BUFFER : ACTIVATION_MEMORY) + "{code_wires}" +
                     LAYER),
        fmt::arg("i", index), fmt::arg("engine", to_string(layer.engine)),
        fmt::arg("inputs", layer.inputs), fmt::arg("neurons", layer.outputs),
        fmt::arg("rail", static_cast<int>(layer.rail)), fmt::arg("in_bits", layer.in_bits),
        fmt::arg("out_bits", layer.out_bits),
        fmt::arg("lanes", std::string(layer.engine == Engine::folded
                                          ? ""
                                          : fmt::format(".LANES({}), ", layer.lanes)) +
                              (layer.bit_serial ? ".SERIAL(1), " : "")),
        fmt::arg("serial", layer.bit_serial ? ", .SERIAL(1)" : ""),
        fmt::arg("writes", vector_writes), fmt::arg("word", word), fmt::arg("ports", ports),
        fmt::arg("tail", tail > 0 ? fmt::format(", .TAIL({})", tail) : ""),
        fmt::arg("address_msb", ports * index_bits(words) - 1),
        fmt::arg("read_msb", ports * word * layer.in_bits - 1),
        fmt::arg("vector_msb", layer.inputs * layer.in_bits - 1),
        fmt::arg("device_bits", layer.device_bits), fmt::arg("acc_bits", layer.accumulator_bits()),
        fmt::arg("last", last ? 1 : 0), fmt::arg("devices", devices_text(layer, index)),
        fmt::arg("boot", options.boots() ? " .BOOT(1)," : ""),
        fmt::arg(
            "inputs_from",
            fmt::format(
                fmt::runtime(
                    whole ? ".in_data(vector_{0}), .in_release(release_{0}), .in_turn(turn_{0})"
                          : ".in_bank(bank_{0}),\n"
                            "    .in_advance(advance_{0}), .in_release(release_{0}), "
                            ".read_en(read_{0}),\n"
                            "    .read_bank(read_bank_{0}), .read_addr(address_{0}), "
                            ".read_data(elements_{0})"),
                index)),
        fmt::arg("taken", layer.walk ? numbered(WINDOW_TAKEN)
                                     : taken_text(chip, port_of(source), "read", index)),
        fmt::arg("adds",
                 layer.adds()
                     ? fmt::format(" .SKIP_BITS({}),",
                                   chip.layers[static_cast<size_t>(*layer.walk->skip)].value_bits())
                     : ""),
        fmt::arg("skip_value", layer.adds() ? fmt::format("skip_value_{}", index) : "1'b0"),
        fmt::arg(
            "sum_unused", layer.adds() ? ""
                                       : fmt::format("  wire sum_unused_{0} = &{{1'b0, sum_en_{0}, "
                                                     "sum_there_{0}}};\n",
                                                     index)),
        fmt::arg("code_wires", layer.walk ? numbered(CODE_WIRES) : ""),
        fmt::arg("codes", numbered(layer.walk ? CODE_PORT : OUT_PORT)),
        fmt::arg(
            "write_port",
            write_port(index + 1, last ? 32 : layer.values_a_write() * layer.value_bits(), out) +
                (layer.walk ? windows_text(chip, index, writes) : "")));
    if (layer.walk) text += map_writer_text(chip, index);
    return text + "\n";
}

int activation_tail(const ChipLayer& layer, int writes) {
    constexpr int BANKS = 2;
    const int64_t depth = BANKS * ((int64_t{layer.inputs} + writes - 1) / writes);
    return static_cast<int>(tail_rows(int64_t{writes} * layer.in_bits, depth, layer.lanes));
}

int wiring_row_words(const ChipLayer& layer) {
    int words = layer.has_network() ? 0 : 1;
    if (layer.has_network())
        for (const auto& stage : as_waksman_topology(layer.lines()).stages)
            words = std::max(words, static_cast<int>((stage.size() + 31) / 32));
    if (layer.engine == Engine::level) words = (layer.lanes * level_bits(layer) + 31) / 32;
    return words;
}

}  // namespace permloom
