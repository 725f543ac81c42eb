#include "tests/support/random_chip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/perm/code.h"
#include "compiler/program/engine_plan.h"
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

/// Values of the full width, the ends among them. With `room` in b for a sum: a logit, acc + b of
/// the last layer, stays within its 32 bits, as does what is added to b when it is loaded.
NeuronRegisters extreme_registers(bool room, Rng& rng) {
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
    return {.b = static_cast<int32_t>(wide(room ? 31 : 32)),
            .m = static_cast<int32_t>(wide(17)),
            .c = wide(48)};
}

int32_t post_op(int64_t acc, const NeuronRegisters& neuron, const LayerRegisters& layer,
                int32_t skip = 0) {
    int64_t t = acc + neuron.b;
    if (layer.relu && t < 0) t = 0;
    const int64_t round = layer.s == 0 ? 0 : int64_t{1} << (layer.s - 1);
    const int64_t u = t * neuron.m + int64_t{skip} * layer.m2 + neuron.c + round;
    return static_cast<int32_t>(std::clamp<int64_t>(layer.z + (u >> layer.s), layer.lo, layer.hi));
}

/// With a decoder of level maps every neuron has the classes of the first, other values maybe.
/// Where there is nothing to decode it is taken away.
void settle_decoder(ChipLayer& layer) {
    if (layer.decoder == Decoder::level_map && layer.bank(0).front() == layer.bank(0).back())
        layer.decoder = Decoder::factorial_stream;
    if (layer.decoder == Decoder::factorial_stream && layer.lines() == 1)
        layer.decoder = Decoder::none;
    if (layer.decoder != Decoder::level_map) return;
    const int limit = 1 << (layer.device_bits - 1);
    const std::vector<int32_t> first(layer.bank(0).begin(), layer.bank(0).end());
    for (int bank = 1; bank < layer.banks(); ++bank) {
        int shift = bank % 3 - 1;
        if (first.front() + shift < -limit || first.back() + shift >= limit) shift = 0;
        std::ranges::transform(first, layer.devices.begin() + bank * layer.lines(),
                               [&](int32_t device) { return device + shift; });
    }
}

ChipLayer random_layer(const LayerShape& wanted, int inputs, int in_bits, Rng& rng) {
    ChipLayer layer;
    layer.engine = wanted.engine;
    layer.lanes = wanted.lanes;
    layer.bit_serial = wanted.bit_serial;
    layer.decoder = wanted.decoder;
    layer.inputs = inputs;
    layer.outputs = wanted.outputs;
    layer.rail = wanted.rail;
    layer.in_bits = in_bits;
    layer.out_bits = between(rng, 2, 8);
    layer.device_bits = 3;
    layer.shared_profile = wanted.shared_profile;
    // Where every device is -1, 0 or 1 the engines leave multipliers out.
    const int limit = coin(rng) ? 1 : 3;
    for (int bank = 0; bank < layer.banks(); ++bank) {
        std::vector<int32_t> devices;
        for (int slot = 0; slot < layer.lines(); ++slot)
            devices.push_back(between(rng, -limit, limit));
        std::sort(devices.begin(), devices.end());
        layer.devices.insert(layer.devices.end(), devices.begin(), devices.end());
    }
    settle_decoder(layer);
    return layer;
}

/// Of `spatial`, values written at once.
void choose_writes(Chip& chip) {
    for (size_t l = 0; l < chip.layers.size(); ++l)
        if (chip.layers[l].engine == Engine::spatial) chip.layers[l].lanes = spatial_lanes(chip, l);
}

/// Drawn without moving `rng` on, so that all else is the same with it.
Decoder random_decoder(const Rng& rng) {
    return static_cast<Decoder>(Rng(rng.state()[0], 1).below(3));
}

LayerShape random_layer_shape(Rng& rng, int outputs) {
    LayerShape layer{.outputs = outputs,
                     .rail = static_cast<Rail>(rng.below(3)),
                     .shared_profile = coin(rng),
                     .engine = static_cast<Engine>(rng.below(5))};
    if (layer.engine == Engine::serial || layer.engine == Engine::programmable)
        layer.lanes = between(rng, 1, 10);
    if (layer.engine == Engine::serial) layer.decoder = random_decoder(rng);
    if (layer.engine == Engine::level) layer.lanes = 1 << rng.below(5);
    if (layer.engine == Engine::folded || layer.engine == Engine::spatial)
        layer.bit_serial = coin(rng);
    return layer;
}

/// Adds random layers that walk to a chip, one block after another.
class WalkingChip {
  public:
    explicit WalkingChip(Rng& rng) : rng_(rng) {
        chip_.name = "random";
        chip_.target = "generic";
        chip_.contexts = between(rng, 1, 2);
        chip_.pixel_stream_bits = std::array{8, 32, 64}[rng.below(3)];
        map_ = {between(rng, 2, 6), between(rng, 2, 6), between(rng, 1, 4)};
        bits_ = std::array{1, 4, 8}[rng.below(3)];
    }

    /// A convolution of what came last.
    void plain() {
        const int kernel = between(rng_, 1, std::min({map_.rows, map_.columns, 3}));
        const int channels = between(rng_, 1, 4), stride = between(rng_, 1, 2);
        append(end(), kernel, stride, coin(rng_), channels, std::nullopt, coin(rng_));
    }

    /// A convolution that adds what it reads.
    void short_skip() {
        if (end().layer == NETWORK_INPUT) return plain();
        append(end(), 3, 1, true, map_.channels, end().layer, coin(rng_));
    }

    /// Two convolutions, to which what they read is added, by way of a third where shapes differ.
    void residual() {
        const Place from = end();
        const bool identity = from.layer != NETWORK_INPUT && coin(rng_);
        const int stride = identity ? 1 : between(rng_, 1, 2);
        const int channels = identity ? from.map.channels : between(rng_, 1, 4);
        int added = from.layer;
        if (!identity) {
            append(from, 1, stride, true, channels, std::nullopt, false);
            added = end().layer;
        }
        append(from, 3, stride, true, between(rng_, 1, 4), std::nullopt, false);
        append(end(), between(rng_, 1, 3), 1, true, channels, added, coin(rng_));
    }

    void dense(int outputs) {
        LayerShape shape = random_layer_shape(rng_, outputs);
        // A switch network of many lines takes the tools of the RTL long to build.
        if (map_.size() > MOST_LINES &&
            (shape.engine == Engine::folded || shape.engine == Engine::spatial)) {
            shape.engine = Engine::serial;
            shape.bit_serial = false;
        }
        chip_.layers.push_back(random_layer(shape, map_.size(), bits_, rng_));
        bits_ = chip_.layers.back().out_bits;
        map_ = {1, 1, outputs};
    }

    Chip take() {
        choose_writes(chip_);
        return std::move(chip_);
    }

  private:
    static constexpr int MOST_LINES = 40;

    struct Place {
        int layer;
        Shape map;
        int bits;
    };
    Place end() const { return {static_cast<int>(chip_.layers.size()) - 1, map_, bits_}; }

    void append(const Place& from, int kernel, int stride, bool padded, int channels,
                std::optional<int> skip, bool may_pool) {
        Walk walk;
        walk.map = from.map;
        walk.kernel = kernel;
        walk.stride = stride;
        walk.skip = skip;
        const auto span = [&](int size, int& before) {
            if (!padded) return (size - kernel) / stride + 1;
            const int windows = (size + stride - 1) / stride;
            before = std::max((windows - 1) * stride + kernel - size, 0) / 2;
            return windows;
        };
        walk.rows = span(from.map.rows, walk.top);
        walk.columns = span(from.map.columns, walk.left);
        if (may_pool && std::min(walk.rows, walk.columns) > 1) {
            walk.pool = coin(rng_) ? Pool::max : Pool::sum;
            walk.window = between(rng_, 2, std::min({walk.rows, walk.columns, 3}));
        }
        ChipLayer layer = random_layer(random_layer_shape(rng_, channels),
                                       kernel * kernel * from.map.channels, from.bits, rng_);
        if (from.layer != end().layer) layer.from = from.layer;
        layer.in_zero = between(rng_, 0, layer.in_hi());
        layer.walk = walk;
        bits_ = layer.value_bits();
        map_ = {walk.pooled_rows(), walk.pooled_columns(), channels};
        chip_.layers.push_back(std::move(layer));
    }

    Rng& rng_;
    Chip chip_;
    Shape map_;     ///< of the values that came last
    int bits_ = 8;  ///< and their width
};

/// The window of a position, in order row, column, channel.
std::vector<int32_t> window_at(const ChipLayer& layer, int row, int column,
                               std::span<const int32_t> values) {
    const Walk& walk = *layer.walk;
    std::vector<int32_t> window;
    for (int ky = 0; ky < walk.kernel; ++ky)
        for (int kx = 0; kx < walk.kernel; ++kx)
            for (int channel = 0; channel < walk.map.channels; ++channel) {
                const int y = row * walk.stride - walk.top + ky;
                const int x = column * walk.stride - walk.left + kx;
                const bool inside = y >= 0 && y < walk.map.rows && x >= 0 && x < walk.map.columns;
                window.push_back(
                    inside ? values[static_cast<size_t>(
                                 (y * walk.map.columns + x) * walk.map.channels + channel)]
                           : layer.in_zero);
            }
    return window;
}

std::vector<int32_t> pooled(const ChipLayer& layer, const std::vector<int32_t>& codes) {
    const Walk& walk = *layer.walk;
    if (walk.pool == Pool::none) return codes;
    std::vector<int32_t> result;
    for (int row = 0; row < walk.pooled_rows(); ++row)
        for (int column = 0; column < walk.pooled_columns(); ++column)
            for (int neuron = 0; neuron < layer.outputs; ++neuron) {
                int32_t value = 0;
                for (int y = row * walk.window; y < (row + 1) * walk.window; ++y)
                    for (int x = column * walk.window; x < (column + 1) * walk.window; ++x) {
                        const int32_t code = codes[static_cast<size_t>(
                            (y * walk.columns + x) * layer.outputs + neuron)];
                        value = walk.pool == Pool::max ? std::max(value, code) : value + code;
                    }
                result.push_back(value);
            }
    return result;
}

}  // namespace

Chip random_walking_chip(Rng& rng) {
    WalkingChip chip(rng);
    const int blocks = between(rng, 1, 3);
    for (int block = 0; block < blocks; ++block) {
        switch (rng.below(3)) {
            case 0:
                chip.plain();
                break;
            case 1:
                chip.short_skip();
                break;
            default:
                chip.residual();
        }
    }
    if (coin(rng)) chip.dense(between(rng, 1, 9));
    chip.dense(between(rng, 1, 9));
    return chip.take();
}

std::string describe(const Chip& chip) {
    std::string text =
        fmt::format("{} inputs of {} bits, {} contexts, {}-bit stream", chip.inputs(),
                    chip.in_bits(), chip.contexts, chip.pixel_stream_bits);
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        text += fmt::format(", {}: {} -> {} {}{} {}{} {} of {}", l, layer.inputs, layer.outputs,
                            to_string(layer.rail), layer.shared_profile ? " shared" : "",
                            to_string(layer.engine), layer.bit_serial ? " bit-serial" : "",
                            layer.lanes, chip.source(l));
        if (layer.decoder != Decoder::none)
            text += fmt::format(" decoder {}", to_string(layer.decoder));
        if (!layer.walk) continue;
        const Walk& walk = *layer.walk;
        text += fmt::format(" walks {}x{}x{} kernel {} stride {} pad {} {} positions {}x{}",
                            walk.map.rows, walk.map.columns, walk.map.channels, walk.kernel,
                            walk.stride, walk.top, walk.left, walk.rows, walk.columns);
        if (walk.pool != Pool::none)
            text += fmt::format(" {} of {}", walk.pool == Pool::max ? "max" : "sum", walk.window);
        if (walk.skip) text += fmt::format(" adds {}", *walk.skip);
    }
    return text;
}

std::string ChipShape::describe() const {
    std::string text = fmt::format("{} inputs of {} bits, {} contexts, {}-bit stream", inputs,
                                   in_bits, contexts, pixel_stream_bits);
    for (const LayerShape& layer : layers) {
        text += fmt::format(", {}{}{} {}{} {}", layer.outputs,
                            std::array{"s", "d", "p"}[static_cast<size_t>(layer.rail)],
                            layer.shared_profile ? " shared" : "", to_string(layer.engine),
                            layer.bit_serial ? " bit-serial" : "", layer.lanes);
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
        shape.layers.push_back(random_layer_shape(rng, between(rng, 1, 9)));
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
        ChipLayer layer = random_layer(wanted, inputs, in_bits, rng);
        inputs = layer.outputs;
        in_bits = layer.out_bits;
        chip.layers.push_back(std::move(layer));
    }
    choose_writes(chip);
    return chip;
}

void redraw_devices(Chip& chip, Rng& rng) {
    for (ChipLayer& layer : chip.layers) {
        layer.device_bits = between(rng, 2, 8);
        const int limit = 1 << (layer.device_bits - 1);
        const double zeros = std::array{0.0, 0.0, 0.5, 0.9, 1.0}[rng.below(5)];
        for (int32_t& device : layer.devices)
            device = rng.chance(zeros) ? 0 : between(rng, -limit, limit - 1);
        for (auto bank = layer.devices.begin(); bank != layer.devices.end(); bank += layer.lines())
            std::sort(bank, bank + layer.lines());
        settle_decoder(layer);
    }
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
        const bool room = &layer == &chip.layers.back() ||
                          (layer.engine == Engine::programmable && layer.rail == Rail::dual);
        LayerConfiguration loaded;
        loaded.code = std::string(code.name());
        BitWriter payload;
        std::vector<Permutation> sources;
        for (int neuron = 0; neuron < layer.outputs; ++neuron) {
            const DeviceClasses classes = classes_of(layer.bank(neuron));
            sources.push_back(canonical(Permutation::random(layer.lines(), rng), classes));
            code.encode(sources.back(), classes, payload);
            loaded.neurons.push_back(range == Range::usual ? usual_registers(rng)
                                                           : extreme_registers(room, rng));
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
        if (layer.adds())
            loaded.registers.m2 =
                range == Range::usual ? between(rng, -100, 100) : extreme_registers(false, rng).m;
        configuration.layers.push_back(std::move(loaded));
        wiring.sources.push_back(std::move(sources));
    }
    return wiring;
}

Wiring partly_changed(const Chip& chip, const Wiring& wiring, const Wiring& other, Rng& rng) {
    Wiring changed = wiring;
    const Code& code = code_named("index");
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const LayerConfiguration& from = other.configuration.layers[l];
        LayerConfiguration& to = changed.configuration.layers[l];
        // Nothing, a single neuron, or the whole layer.
        const uint64_t extent = rng.below(3);
        const int chosen = between(rng, 0, layer.outputs - 1);
        BitWriter payload;
        for (int neuron = 0; neuron < layer.outputs; ++neuron) {
            const auto j = static_cast<size_t>(neuron);
            if (extent == 2 || (extent == 1 && neuron == chosen)) {
                changed.sources[l][j] = other.sources[l][j];
                if (coin(rng)) to.neurons[j] = from.neurons[j];
            }
            code.encode(changed.sources[l][j], classes_of(layer.bank(neuron)), payload);
        }
        to.wiring_bits = payload.bit_count();
        to.payload = payload.take();
        if (rng.below(4) == 0) to.registers = from.registers;
    }
    // A change in any case.
    NeuronRegisters& last = changed.configuration.layers.back().neurons.back();
    last.b ^= 1;
    if (rng.below(4) == 0) changed.configuration.classes = other.configuration.classes;
    return changed;
}

Expected Wiring::infer(const Chip& chip, const Image& image) const {
    Expected expected;
    const std::vector<int32_t> pixels(image.begin(), image.end());
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const LayerConfiguration& loaded = configuration.layers[l];
        const bool last = l + 1 == chip.layers.size();
        const int source = chip.source(l);
        const std::vector<int32_t>& inputs =
            source == NETWORK_INPUT ? pixels : expected.written[static_cast<size_t>(source)];
        const int positions = layer.walk ? layer.walk->positions() : 1;
        std::vector<int32_t> written;
        for (int position = 0; position < positions; ++position) {
            const std::vector<int32_t> window =
                layer.walk ? window_at(layer, position / layer.walk->columns,
                                       position % layer.walk->columns, inputs)
                           : inputs;
            for (int neuron = 0; neuron < layer.outputs; ++neuron) {
                const auto j = static_cast<size_t>(neuron);
                const int64_t acc = accumulate(layer, neuron, sources[l][j], window);
                const int32_t skip =
                    layer.adds()
                        ? expected.written[static_cast<size_t>(*layer.walk->skip)]
                                          [static_cast<size_t>(position * layer.outputs) + j]
                        : 0;
                written.push_back(last ? static_cast<int32_t>(acc + loaded.neurons[j].b)
                                       : post_op(acc, loaded.neurons[j], loaded.registers, skip));
            }
        }
        expected.written.push_back(layer.walk ? pooled(layer, written) : written);
    }
    const std::vector<int32_t>& values = expected.written.back();
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
