#include "tests/sim/bench/lockstep.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>

#include "compiler/base/bits.h"
#include "compiler/emit/rtl_design.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/load_records.h"
#include "compiler/program/patch.h"
#include "sim/reference/reference.h"
#include "sim/systemc/systemc_device.h"

namespace permloom::test {
namespace {

uint64_t lg(int count) {
    return static_cast<uint64_t>(ceil_log2(static_cast<uint64_t>(count)));
}

struct Cycles {
    uint64_t interval = 0, latency = 0;
};

int passes(const ChipLayer& layer) {
    return (layer.rail == Rail::split ? 2 : 1) * (layer.bit_serial ? layer.in_bits : 1);
}

Cycles folded_cycles(const ChipLayer& layer, bool last) {
    const auto neurons = static_cast<uint64_t>(layer.outputs * passes(layer));
    const uint64_t levels = lg(layer.lines());
    const uint64_t network = levels == 0 ? 0 : 2 * levels - 1;
    return {neurons, neurons + network + levels + (last ? 4 : 7)};
}

Cycles spatial_cycles(const ChipLayer& layer, bool last) {
    const auto all = static_cast<uint64_t>(passes(layer));
    const auto writes = static_cast<uint64_t>(layer.outputs / layer.lanes);
    const uint64_t levels = lg(layer.lines());
    const uint64_t network = levels == 0 ? 0 : 2 * levels - 1;
    return {std::max(all, writes), all + network + levels + (last ? 5 : 8) + writes - 1};
}

Cycles serial_cycles(const ChipLayer& layer, bool last) {
    Cycles cycles;
    int in_group = 0;
    for (int first = 0; first < layer.outputs; first += layer.lanes) {
        in_group = std::min(layer.lanes, layer.outputs - first);
        std::ptrdiff_t window = layer.lanes;
        for (int j = first; j < first + in_group; ++j)
            window = std::max(
                window, std::ranges::count_if(layer.bank(j), [](int32_t d) { return d != 0; }));
        cycles.interval += static_cast<uint64_t>(window);
    }
    cycles.latency = cycles.interval + (last ? 6 : 9) + static_cast<uint64_t>(in_group) - 1;
    return cycles;
}

Cycles level_cycles(const ChipLayer& layer, bool last) {
    const int steps =
        (layer.inputs + layer.lanes - 1) / layer.lanes * (layer.rail == Rail::dual ? 2 : 1);
    const auto window = static_cast<uint64_t>(std::max(steps, layer.outputs));
    return {window,
            window + lg(layer.lanes) + (last ? 5 : 8) + static_cast<uint64_t>(layer.outputs) - 1};
}

Cycles programmable_cycles(const ChipLayer& layer, bool last) {
    const int groups = (layer.outputs + layer.lanes - 1) / layer.lanes;
    const int in_last_group = layer.outputs - (groups - 1) * layer.lanes;
    const auto all = static_cast<uint64_t>(groups * std::max(layer.inputs, layer.lanes));
    return {all, all + (last ? 6 : 9) + static_cast<uint64_t>(in_last_group) - 1};
}

bool walks(const Chip& chip) {
    return std::ranges::any_of(chip.layers, [](const ChipLayer& l) { return l.walk.has_value(); });
}

Cycles layer_cycles(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    const bool last = index + 1 == chip.layers.size();
    switch (layer.engine) {
        case Engine::folded:
            return folded_cycles(layer, last);
        case Engine::spatial:
            return spatial_cycles(layer, last);
        case Engine::serial:
            return serial_cycles(layer, last);
        case Engine::level:
            return level_cycles(layer, last);
        default:
            return programmable_cycles(layer, last);
    }
}

}  // namespace

RtlDesign rtl_design(const Chip& chip) {
    RtlDesign design;
    design.probes = chip.probes();
    for (EmittedFile& cell : rtl_cells())
        design.sources.push_back({cell.name, cell.text});
    design.sources.push_back({"permloom_top.sv", emit_top(chip)});
    for (EmittedFile& image : emit_device_images(chip))
        design.images.push_back({image.name, image.text});
    return design;
}

std::filesystem::path model_cache() {
    return PERMLOOM_TEST_CACHE;
}

std::unique_ptr<Device> rtl_device(const RtlDesign& design, const std::filesystem::path& cache) {
    VerilatedOptions options;
    options.cache_directory = cache;
    // Set by tools/dev/coverage.
    if (const char* directory = std::getenv("PERMLOOM_COVERAGE")) {
        static int models = 0;
        options.coverage = std::filesystem::path(directory) /
                           ("model-" + std::to_string(getpid()) + "-" + std::to_string(++models));
    }
    return make_verilated_device(design, options);
}

uint64_t expected_interval(const Chip& chip) {
    if (walks(chip)) return static_cast<uint64_t>(chip_interval(chip));
    uint64_t interval = std::max<uint64_t>(static_cast<uint64_t>(chip.pixel_beats()),
                                           static_cast<uint64_t>(chip.outputs()) + 1);
    for (size_t l = 0; l < chip.layers.size(); ++l)
        interval = std::max(interval, layer_cycles(chip, l).interval);
    return interval;
}

uint64_t expected_load_cycles(const Chip& chip, size_t words) {
    uint64_t cycles = words + 1;
    for (const ChipLayer& layer : chip.layers) {
        if (layer.decoder == Decoder::none) continue;
        const auto lines = static_cast<uint64_t>(layer.lines());
        uint64_t bits = 0, decoding = lines + 2;
        if (layer.decoder == Decoder::level_map) {
            const auto bank = layer.bank(0);
            const std::set<int32_t> classes(bank.begin(), bank.end());
            bits = lines * static_cast<uint64_t>(std::bit_width(classes.size() - 1));
        } else {
            for (uint64_t digit = 0; digit < lines; ++digit)
                bits += static_cast<uint64_t>(std::bit_width(digit));
            const auto index_bits = static_cast<uint64_t>(std::bit_width(lines - 1));
            decoding = 2 * lines + (index_bits + 7) / 8 + 2;
        }
        for (int neuron = 0; neuron < layer.outputs; ++neuron) {
            const auto live = std::ranges::count_if(layer.bank(neuron),
                                                    [](int32_t device) { return device != 0; });
            cycles += decoding + static_cast<uint64_t>(live) + 2 - (bits + 31) / 32;
        }
    }
    return cycles;
}

uint64_t expected_latency(const Chip& chip) {
    if (walks(chip)) return static_cast<uint64_t>(chip_latency(chip));
    uint64_t latency = 1;
    for (size_t l = 0; l < chip.layers.size(); ++l)
        latency += layer_cycles(chip, l).latency;
    return latency;
}

Function random_function(const Chip& chip, int context, Rng& rng, Range range) {
    Function function;
    function.wiring = random_wiring(chip, rng, range);
    function.words = function.wiring.words(chip, context);
    function.reference = make_reference(chip, function.wiring.configuration);
    return function;
}

Function random_patch(const Chip& chip, int context, const Function& held, uint32_t base,
                      Rng& rng) {
    Function function;
    function.wiring = partly_changed(chip, held.wiring, random_wiring(chip, rng), rng);
    function.words = make_patch(expand(chip, held.wiring.configuration, context),
                                expand(chip, function.wiring.configuration, context), base)
                         .words;
    function.reference = make_reference(chip, function.wiring.configuration);
    return function;
}

namespace {

/// Whether a decoder takes the code of one neuron for the code of a wiring.
bool is_code(const ChipLayer& layer, std::span<const uint32_t> words) {
    size_t at = 0;
    const auto field = [&](int bits) {
        uint32_t value = 0;
        for (int i = 0; i < bits; ++i, ++at)
            value |= (words[at / 32] >> (at % 32) & 1) << i;
        return value;
    };
    const auto bank = layer.bank(0);
    const std::set<int32_t> values(bank.begin(), bank.end());
    std::map<uint32_t, std::ptrdiff_t> used;
    for (uint32_t line = 0; line < static_cast<uint32_t>(layer.lines()); ++line) {
        if (layer.decoder == Decoder::level_map)
            ++used[field(std::bit_width(values.size() - 1))];
        else if (field(std::bit_width(line)) > line)
            return false;
    }
    uint32_t number = 0;
    if (layer.decoder == Decoder::level_map)
        for (const int32_t value : values)
            if (used[number++] != std::ranges::count(bank, value)) return false;
    for (; at < 32 * words.size();)
        if (field(1) != 0) return false;
    return true;
}

}  // namespace

CodeFault random_code_fault(const Chip& chip, const std::vector<uint32_t>& load, Rng& rng) {
    std::vector<LoadRecord> codes;
    for (const LoadRecord& record : records_of(load))
        if (record.section == Section::codes) codes.push_back(record);
    const LoadRecord& record = codes[rng.below(codes.size())];
    CodeFault fault{.words = load, .layer = record.layer, .neuron = rng.below(record.count())};
    const auto row = static_cast<size_t>(record.row(fault.neuron).data() - load.data());
    fault.words[row + rng.below(record.row_words)] ^= 1U << rng.below(32);
    fault.found =
        !is_code(chip.layers[record.layer], std::span(fault.words).subspan(row, record.row_words));
    fault.words.back() = crc_of(std::span(fault.words).first(fault.words.size() - 1));
    return fault;
}

Lockstep::Lockstep(const Chip& chip, const std::filesystem::path& cache)
    : Lockstep(chip, rtl_design(chip), cache) {}

Lockstep::Lockstep(const Chip& chip, const RtlDesign& design, const std::filesystem::path& cache)
    : chip_(chip), systemc_(make_systemc_device(chip)), rtl_(rtl_device(design, cache)) {}

Bench Lockstep::bench(const Stimulus& stimulus) {
    Bench bench(chip_, {systemc_.get(), rtl_.get()}, {"systemc", "rtl"}, stimulus);
    bench.reset();
    return bench;
}

std::vector<std::vector<uint16_t>> Lockstep::images(size_t count, Rng& rng) const {
    std::vector<std::vector<uint16_t>> images;
    while (images.size() < count)
        images.push_back(random_image(chip_, rng));
    return images;
}

Stimulus random_stimulus(uint64_t seed) {
    Rng rng(seed, 77);
    const auto chance = [&] { return rng.below(3) == 0 ? 0.0 : rng.uniform(0.0, 0.9); };
    Stimulus stimulus{.seed = seed};
    stimulus.pixel_gap = chance();
    stimulus.result_stall = chance();
    stimulus.load_gap = chance();
    stimulus.control_gap = chance();
    stimulus.control_traffic = chance() / 4;
    return stimulus;
}

std::string difference_of(const Bench& bench) {
    return bench.first_difference() ? bench.first_difference()->describe() : "no difference";
}

namespace {

/// Any pins of the control port. Addresses of registers more often than others, and of the choices
/// of a context the two that there are.
ControlIn random_control(Rng& rng) {
    ControlIn in;
    in.awvalid = rng.chance(0.2);
    in.wvalid = rng.chance(0.2);
    in.arvalid = rng.chance(0.3);
    in.bready = rng.chance(0.5);
    in.rready = rng.chance(0.5);
    const auto address = [&] {
        return static_cast<uint16_t>(rng.below(8) == 0 ? rng.below(0x1000) : rng.below(0x40));
    };
    in.awaddr = address();
    in.araddr = address();
    in.wdata = static_cast<uint32_t>(rng.below(2) == 0 ? rng.next() : rng.below(4));
    if (rng.below(4) == 0) in.wdata |= 0x100;
    in.wstrb = static_cast<uint8_t>(rng.below(4) == 0 ? rng.below(16) : 15);
    return in;
}

}  // namespace

void storm(Bench& bench, const Chip& chip, const std::vector<std::vector<uint32_t>>& loads,
           uint64_t cycles, Rng& rng, Weather& seen) {
    const std::vector<uint32_t>* load = nullptr;
    size_t word = 0;
    int beat = 0;
    // Calm and rough weather take turns: only in calm weather does a load come to its end.
    double fault = 0.0, ready = 1.0, pixels = 1.0;
    PinsIn in;
    for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
        if (rng.below(400) == 0) {
            fault = rng.below(2) == 0 ? 0.0 : 0.02;
            ready = rng.uniform(0.1, 1.0);
            pixels = rng.uniform(0.1, 1.0);
        }
        in.rst_n = !rng.chance(fault * 0.02);
        in.res_tready = rng.chance(ready);
        if (rng.below(50) == 0) in.ctx_select = static_cast<uint8_t>(rng.below(4));

        if (!load && rng.below(40) == 0) {
            load = &loads[rng.below(loads.size())];
            word = 0;
        }
        in.cfg_tvalid = load && rng.chance(0.9);
        in.cfg_tdata = load ? (*load)[word] : static_cast<uint32_t>(rng.next());
        in.cfg_tlast = load && word + 1 == load->size();
        if (rng.chance(fault)) in.cfg_tdata ^= 1U << rng.below(32);
        if (rng.chance(fault)) in.cfg_tlast = !in.cfg_tlast;

        in.pix_tvalid = rng.chance(pixels);
        in.pix_tdata = rng.next();
        in.pix_tlast = (beat + 1 == chip.pixel_beats()) != rng.chance(fault);

        in.control = random_control(rng);

        const PinsOut before = bench.pins();
        const PinsOut& out = bench.tick(in);
        seen.results += out.res_tvalid && out.res_tlast && in.res_tready;
        seen.dropped_images += out.pix_error && !before.pix_error;
        seen.loads_completed += (out.ctx_valid & ~before.ctx_valid) != 0;
        seen.control_writes += out.control.bvalid && out.control.bresp == 0;
        seen.control_reads += out.control.rvalid && out.control.rresp == 0;
        if (out.load_error) seen.load_errors.insert(out.load_error);
        if (in.cfg_tvalid && out.cfg_tready && ++word == load->size()) load = nullptr;
        if (in.pix_tvalid && out.pix_tready) beat = in.pix_tlast ? 0 : beat + 1;
        if (!in.rst_n) beat = 0;
    }
}

}  // namespace permloom::test
