#include "compiler/passes/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compiler/passes/encode.h"
#include "compiler/passes/load_rows.h"
#include "compiler/passes/quantise.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/partial.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/expand.h"

namespace permloom {
namespace {

int64_t buffer_bits(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    int64_t bits = int64_t{2} * layer.input_size() * layer.in_bits;
    if (layer.walk) bits += int64_t{2} * layer.inputs * layer.in_bits;
    if (layer.adds()) {
        const ChipLayer& added = chip.layers[static_cast<size_t>(*layer.walk->skip)];
        bits += int64_t{skip_banks(chip, index)} * added.output_size() * added.value_bits();
    }
    return bits;
}

/// What is stored of `loaded` bits of wiring.
uint64_t memory_bits(const ChipLayer& layer, uint64_t loaded) {
    if (layer.decoder == Decoder::none) return loaded;
    return static_cast<uint64_t>(engine_plan(layer).wiring_rows) *
           static_cast<uint64_t>(layer.lanes * stored_entry_bits(layer));
}

LayerReport report_layer(const Chip& chip, size_t index, const EncodedLayer& encoded) {
    const ChipLayer& layer = chip.layers[index];
    LayerReport report;
    report.positions = layer.walk ? layer.walk->positions() : 1;
    report.buffer_bits = buffer_bits(chip, index);
    report.engine = to_string(layer.engine);
    report.lanes = layer.lanes;
    report.bit_serial = layer.bit_serial;
    report.decoder = to_string(layer.decoder);
    report.inputs = layer.inputs;
    report.outputs = layer.outputs;
    report.lines = layer.lines();
    report.passes = layer.passes();
    if (layer.has_network()) {
        const Topology topology = as_waksman_topology(layer.lines());
        report.switches = topology.switch_count();
        report.switches_left_out = prune(topology, layer.live_slots()).left_out;
        report.stages = topology.stage_count();
    }
    report.code = encoded.code;
    report.code_bits = encoded.bits_by_code;
    report.wiring_bits = encoded.wiring_bits;
    report.wiring_bound = encoded.wiring_bound;
    report.register_bits = static_cast<uint64_t>(layer.outputs) * NEURON_REGISTER_BITS +
                           LAYER_REGISTER_BITS + (layer.adds() ? SKIP_REGISTER_BITS : 0);
    for (int j = 0; j < layer.outputs; ++j)
        report.wires +=
            std::ranges::count_if(layer.bank(j), [](int32_t device) { return device != 0; });
    if (!layer.shared_profile && layer.engine != Engine::programmable &&
        layer.engine != Engine::spatial)
        report.weight_rom_bits = int64_t{layer.outputs} * layer.lines() * layer.device_bits;
    report.cycles = layer_plan(layer, false).interval;
    report.accumulator_bits = layer.accumulator_bits();
    return report;
}

nlohmann::ordered_json json_of(const LayerCost& cost) {
    return {{"load_bits", cost.load_bits},
            {"memory_bits", cost.memory_bits},
            {"cycles", cost.cycles},
            {"multipliers", cost.multipliers}};
}

bool same_for_all_neurons(const LayerConfiguration& layer) {
    return std::ranges::all_of(layer.neurons, [&](const NeuronRegisters& registers) {
        return registers == layer.neurons.front();
    });
}

}  // namespace

CompileReport make_report(const Chip& chip, const Configuration& configuration,
                          const Quantised& quantised, const std::vector<EncodedLayer>& encoded,
                          const DeviceInstance* instance) {
    CompileReport report;
    report.interval_cycles = chip_interval(chip);
    report.latency_cycles = chip_latency(chip);
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        report.layers.push_back(report_layer(chip, l, encoded[l]));
        report.layers.back().quantisation_error = quantised.layers[l].error;
    }

    const LoadStream stream = expand(chip, configuration, 0, instance);
    for (const LoadRecord& record : read_load_records(stream.words))
        if (record.rows.front().section != Section::classes)
            report.layers[static_cast<size_t>(record.rows.front().layer)].load_bits +=
                record.words * 32;

    report.wiring_only = true;
    for (size_t l = 0; l < report.layers.size(); ++l) {
        LayerReport& layer = report.layers[l];
        layer.wiring_load_bits = stream.layer_wiring_bits[l];
        layer.wiring_memory_bits = memory_bits(chip.layers[l], layer.wiring_load_bits);
        layer.permuted = permuted_cost(chip.layers[l], chip.contexts, layer.wiring_memory_bits);
        layer.permuted.load_bits = layer.wiring_load_bits;
        layer.programmable = programmable_cost(chip.layers[l], chip.contexts);
        report.permuted += layer.permuted;
        report.programmable += layer.programmable;
        layer.framing_bits = layer.load_bits - layer.wiring_load_bits - layer.register_bits;
        report.wiring_memory_bits += layer.wiring_memory_bits;
        report.wiring_bits += layer.wiring_bits;
        report.wiring_bound += layer.wiring_bound;
        report.weights += int64_t{layer.outputs} * layer.lines;
        report.wires += layer.wires;
        report.wiring_only &= same_for_all_neurons(configuration.layers[l]);
    }
    report.register_bits = stream.register_bits;
    report.load_bits = stream.load_bits();
    report.wiring_load_bits = stream.wiring_bits();
    report.framing_bits = report.load_bits - report.wiring_load_bits - stream.register_bits;
    return report;
}

std::string CompileReport::to_json() const {
    nlohmann::ordered_json json = {
        {"weights", weights},
        {"wires", wires},
        {"wiring_bits", wiring_bits},
        {"wiring_bound", wiring_bound},
        {"register_bits", register_bits},
        {"framing_bits", framing_bits},
        {"load_bits", load_bits},
        {"wiring_memory_bits", wiring_memory_bits},
        {"wiring_load_bits", wiring_load_bits},
        {"interval_cycles", interval_cycles},
        {"latency_cycles", latency_cycles},
        {"wiring_only", wiring_only},
        {"permuted", json_of(permuted)},
        {"programmable", json_of(programmable)},
    };
    json["layers"] = nlohmann::ordered_json::array();
    for (const LayerReport& layer : layers)
        json["layers"].push_back({
            {"engine", layer.engine},
            {"lanes", layer.lanes},
            {"bit_serial", layer.bit_serial},
            {"decoder", layer.decoder},
            {"inputs", layer.inputs},
            {"outputs", layer.outputs},
            {"lines", layer.lines},
            {"passes", layer.passes},
            {"switches", layer.switches},
            {"switches_left_out", layer.switches_left_out},
            {"stages", layer.stages},
            {"code", layer.code},
            {"code_bits", layer.code_bits},
            {"wiring_bits", layer.wiring_bits},
            {"wiring_bound", layer.wiring_bound},
            {"register_bits", layer.register_bits},
            {"framing_bits", layer.framing_bits},
            {"load_bits", layer.load_bits},
            {"wiring_memory_bits", layer.wiring_memory_bits},
            {"wiring_load_bits", layer.wiring_load_bits},
            {"wires", layer.wires},
            {"weight_rom_bits", layer.weight_rom_bits},
            {"positions", layer.positions},
            {"buffer_bits", layer.buffer_bits},
            {"cycles", layer.cycles},
            {"accumulator_bits", layer.accumulator_bits},
            {"quantisation_error", layer.quantisation_error},
            {"permuted", json_of(layer.permuted)},
            {"programmable", json_of(layer.programmable)},
        });
    return json.dump(2) + "\n";
}

}  // namespace permloom
