#include "tests/support/random_chip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/perm/code.h"
#include "compiler/program/expand.h"

namespace permloom::test {
namespace {

int between(Rng& rng, int low, int high) {
    return low + static_cast<int>(rng.below(static_cast<uint64_t>(high - low + 1)));
}

bool coin(Rng& rng) {
    return rng.below(2) == 1;
}

/// Exact sum of a neuron over the rails of its layer.
int64_t accumulate(const ChipLayer& layer, int neuron, const Permutation& source,
                   std::span<const int32_t> inputs) {
    const auto bank = layer.bank(neuron);
    const int hi = layer.in_hi();
    int64_t acc = 0;
    for (int slot = 0; slot < layer.lines(); ++slot) {
        const int64_t device = bank[static_cast<size_t>(slot)];
        const int line = source[slot];
        const auto input = [&](int i) { return int64_t{inputs[static_cast<size_t>(i)]}; };
        switch (layer.rail) {
            case Rail::single:
                acc += device * input(line);
                break;
            case Rail::dual:
                acc +=
                    device * (line < layer.inputs ? input(line) : hi - input(line - layer.inputs));
                break;
            case Rail::split:
                acc += device > 0 ? device * input(line) : -device * (hi - input(line));
                break;
        }
    }
    return acc;
}

NeuronRegisters usual_registers(Rng& rng) {
    return {
        .b = between(rng, -200, 200), .m = between(rng, -100, 100), .c = between(rng, -3000, 3000)};
}

/// Values of the full width, the ends among them. A logit, acc + b of the last layer, stays within
/// its 32 bits.
NeuronRegisters extreme_registers(bool last, Rng& rng) {
    const auto wide = [&](int bits) {
        const int64_t limit = int64_t{1} << (bits - 1);
        switch (rng.below(4)) {
            case 0:
                return -limit;
            case 1:
                return limit - 1;
            default:
                return static_cast<int64_t>(rng.below(static_cast<uint64_t>(2 * limit))) - limit;
        }
    };
    return {.b = static_cast<int32_t>(wide(last ? 31 : 32)),
            .m = static_cast<int32_t>(wide(17)),
            .c = wide(48)};
}

int32_t post_op(int64_t acc, const NeuronRegisters& neuron, const LayerRegisters& layer) {
    int64_t t = acc + neuron.b;
    if (layer.relu && t < 0) t = 0;
    const int64_t round = layer.s == 0 ? 0 : int64_t{1} << (layer.s - 1);
    const int64_t u = t * neuron.m + neuron.c + round;
    return static_cast<int32_t>(std::clamp<int64_t>(layer.z + (u >> layer.s), layer.lo, layer.hi));
}

}  // namespace

std::string ChipShape::describe() const {
    std::string text = fmt::format("{} inputs of {} bits, {} contexts, {}-bit stream", inputs,
                                   in_bits, contexts, pixel_stream_bits);
    for (const LayerShape& layer : layers) {
        text += fmt::format(", {}{}{} {} {}", layer.outputs,
                            std::array{"s", "d", "p"}[static_cast<size_t>(layer.rail)],
                            layer.shared_profile ? " shared" : "", to_string(layer.engine),
                            layer.lanes);
    }
    return text;
}

ChipShape random_shape(Rng& rng) {
    ChipShape shape;
    shape.inputs = between(rng, 1, 9);
    shape.contexts = between(rng, 1, 2);
    shape.pixel_stream_bits = std::array{8, 16, 32, 64}[rng.below(4)];
    shape.in_bits = std::array{1, 4, 8}[rng.below(3)];
    const int layers = between(rng, 1, 3);
    for (int l = 0; l < layers; ++l) {
        LayerShape layer{.outputs = between(rng, 1, 9),
                         .rail = static_cast<Rail>(rng.below(3)),
                         .shared_profile = coin(rng),
                         .engine = static_cast<Engine>(rng.below(3))};
        if (layer.engine == Engine::serial) layer.lanes = between(rng, 1, 4);
        if (layer.engine == Engine::level) layer.lanes = std::array{1, 2, 4}[rng.below(3)];
        shape.layers.push_back(layer);
    }
    return shape;
}

Chip random_chip(const ChipShape& shape, Rng& rng) {
    Chip chip;
    chip.name = "random";
    chip.target = "generic";
    chip.contexts = shape.contexts;
    chip.pixel_stream_bits = shape.pixel_stream_bits;
    int inputs = shape.inputs, in_bits = shape.in_bits;
    for (const LayerShape& wanted : shape.layers) {
        ChipLayer layer;
        layer.engine = wanted.engine;
        layer.lanes = wanted.lanes;
        layer.inputs = inputs;
        layer.outputs = wanted.outputs;
        layer.rail = wanted.rail;
        layer.in_bits = in_bits;
        layer.out_bits = between(rng, 2, 8);
        layer.device_bits = 3;
        layer.shared_profile = wanted.shared_profile;
        for (int bank = 0; bank < layer.banks(); ++bank) {
            std::vector<int32_t> devices;
            for (int slot = 0; slot < layer.lines(); ++slot)
                devices.push_back(between(rng, -3, 3));
            std::sort(devices.begin(), devices.end());
            layer.devices.insert(layer.devices.end(), devices.begin(), devices.end());
        }
        inputs = layer.outputs;
        in_bits = layer.out_bits;
        chip.layers.push_back(std::move(layer));
    }
    return chip;
}

Image random_image(const Chip& chip, Rng& rng) {
    Image image;
    for (int i = 0; i < chip.inputs(); ++i) {
        image.push_back(static_cast<uint16_t>(between(rng, 0, chip.layers.front().in_hi())));
    }
    return image;
}

Wiring random_wiring(const Chip& chip, Rng& rng, Range range) {
    Wiring wiring;
    Configuration& configuration = wiring.configuration;
    configuration.chip_fingerprint = fingerprint(chip);
    configuration.classes = between(rng, 1, chip.outputs());
    configuration.input = {.size = chip.inputs(), .bits = chip.in_bits()};
    const Code& code = code_named("index");
    for (const ChipLayer& layer : chip.layers) {
        const bool last = &layer == &chip.layers.back();
        LayerConfiguration loaded;
        loaded.code = std::string(code.name());
        BitWriter payload;
        std::vector<Permutation> sources;
        for (int neuron = 0; neuron < layer.outputs; ++neuron) {
            const DeviceClasses classes = classes_of(layer.bank(neuron));
            sources.push_back(canonical(Permutation::random(layer.lines(), rng), classes));
            code.encode(sources.back(), classes, payload);
            loaded.neurons.push_back(range == Range::usual ? usual_registers(rng)
                                                           : extreme_registers(last, rng));
        }
        loaded.wiring_bits = payload.bit_count();
        loaded.payload = payload.take();
        const int top = (1 << layer.out_bits) - 1;
        const int lo = between(rng, 0, top / 2);
        loaded.registers = {.s = between(rng, 0, range == Range::usual ? 12 : 47),
                            .z = between(rng, 0, top),
                            .lo = lo,
                            .hi = between(rng, lo, top),
                            .relu = coin(rng)};
        configuration.layers.push_back(std::move(loaded));
        wiring.sources.push_back(std::move(sources));
    }
    return wiring;
}

Expected Wiring::infer(const Chip& chip, const Image& image) const {
    Expected expected;
    std::vector<int32_t> values(image.begin(), image.end());
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const LayerConfiguration& loaded = configuration.layers[l];
        std::vector<int32_t> written;
        for (int neuron = 0; neuron < layer.outputs; ++neuron) {
            const auto j = static_cast<size_t>(neuron);
            const int64_t acc = accumulate(layer, neuron, sources[l][j], values);
            const bool last = l + 1 == chip.layers.size();
            written.push_back(last ? static_cast<int32_t>(acc + loaded.neurons[j].b)
                                   : post_op(acc, loaded.neurons[j], loaded.registers));
        }
        values = written;
        expected.written.push_back(std::move(written));
    }
    const auto end = values.begin() + configuration.classes;
    expected.label = static_cast<int>(std::max_element(values.begin(), end) - values.begin());
    return expected;
}

uint32_t crc_of(std::span<const uint32_t> words) {
    std::vector<uint8_t> bytes;
    for (const uint32_t word : words) {
        for (int shift = 0; shift < 32; shift += 8) {
            bytes.push_back(static_cast<uint8_t>(word >> shift));
        }
    }
    return crc32(bytes);
}

std::vector<uint32_t> Wiring::words(const Chip& chip, int context) const {
    return expand(chip, configuration, context).words;
}

}  // namespace permloom::test
