#include "compiler/program/chip.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "chip_generated.h"
#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/base/version.h"
#include "compiler/program/canonical.h"
#include "compiler/program/container.h"
#include "compiler/program/engine_plan.h"

namespace permloom {
namespace {

/// Widest layer and longest network that the load stream's 16-bit fields can name.
constexpr int MAX_SIZE = 65535;
/// Values of a feature map: what the 16 bits of a probe's index can number.
constexpr int MAX_MAP = 65536;
constexpr int MAX_ACTIVATION_BITS = 16;
/// The stage of a record, 8 bits, names the lane of `serial` and the neuron of `level`.
constexpr int MAX_LANES = 255, MAX_LEVEL_NEURONS = 256;
constexpr int MAX_LEVEL_INPUTS = 64;

int signed_bits_for(int64_t low, int64_t high) {
    int bits = 1;
    while (low < -(int64_t{1} << (bits - 1)) || high > (int64_t{1} << (bits - 1)) - 1)
        ++bits;
    return bits;
}

[[noreturn]] void bad_layer(const std::string& where, size_t layer, const std::string& problem) {
    throw Error(where, "layer " + std::to_string(layer) + ": " + problem);
}

void check_walk(const ChipLayer& layer, size_t index, const std::string& where) {
    const Walk& walk = *layer.walk;
    const auto positive = [](std::initializer_list<int> values) {
        return std::ranges::all_of(values,
                                   [](int value) { return value >= 1 && value <= MAX_MAP; });
    };
    if (!positive({walk.map.rows, walk.map.columns, walk.map.channels, walk.kernel, walk.stride,
                   walk.rows, walk.columns, walk.window}) ||
        walk.top < 0 || walk.left < 0 || walk.top >= walk.kernel || walk.left >= walk.kernel)
        bad_layer(where, index, "a shape of its walk is out of range");
    const auto product = [](std::initializer_list<int> values) {
        int64_t result = 1;
        for (const int value : values)
            result = std::min<int64_t>(result * value, int64_t{MAX_MAP} + 1);
        return result;
    };
    if (product({walk.map.rows, walk.map.columns, walk.map.channels}) > MAX_MAP ||
        product({walk.rows, walk.columns, layer.outputs}) > MAX_MAP)
        throw Error(where,
                    "layer " + std::to_string(index) + ": a feature map has more than " +
                        std::to_string(MAX_MAP) + " values",
                    "the index of a probe has 16 bits");
    if (product({walk.kernel, walk.kernel, walk.map.channels}) != layer.inputs)
        bad_layer(where, index,
                  "its windows do not have as many values as its neurons have inputs");
    if ((walk.rows - 1) * walk.stride - walk.top >= walk.map.rows ||
        (walk.columns - 1) * walk.stride - walk.left >= walk.map.columns)
        bad_layer(where, index, "it walks beyond its feature map");
    if ((walk.pool == Pool::none) != (walk.window == 1) || walk.pooled_rows() < 1 ||
        walk.pooled_columns() < 1)
        bad_layer(where, index, "its pool does not fit its positions");
    if (layer.value_bits() > MAX_ACTIVATION_BITS)
        throw Error(where,
                    "layer " + std::to_string(index) + ": the sums of its pool need " +
                        std::to_string(layer.value_bits()) + " bits, values have at most " +
                        std::to_string(MAX_ACTIVATION_BITS),
                    "fewer activation bits, or a smaller pool");
}

/// What joins the layers: every one reads what is there, and is read.
void check_joints(const Chip& chip, size_t index, const std::string& where) {
    const ChipLayer& layer = chip.layers[index];
    const int own = static_cast<int>(index), source = chip.source(index);
    if (layer.from && (*layer.from == own - 1 || source < NETWORK_INPUT || source >= own))
        bad_layer(where, index, "it names a layer to read that does not come earlier");
    const bool of_image = source == NETWORK_INPUT;
    if (index == 0 && !of_image) bad_layer(where, index, "the first layer does not read the image");
    if (of_image && index > 0 &&
        (layer.input_size() != chip.inputs() || layer.in_bits != chip.in_bits()))
        bad_layer(where, index, "its inputs are not the image");
    if (!of_image) {
        const ChipLayer& before = chip.layers[static_cast<size_t>(source)];
        if (layer.input_size() != before.output_size() || layer.in_bits != before.value_bits())
            bad_layer(where, index, "its inputs are not the outputs of the layer it reads");
    }
    if (layer.walk && layer.walk->skip) {
        const int skip = *layer.walk->skip;
        if (skip < 0 || skip >= own)
            bad_layer(where, index, "it adds a layer that does not come earlier");
        if (chip.layers[static_cast<size_t>(skip)].output_size() !=
            layer.walk->positions() * layer.outputs)
            bad_layer(where, index, "what it adds does not have the shape of its positions");
    }
    const bool last = index + 1 == chip.layers.size();
    if (last && layer.walk)
        throw Error(where, "layer " + std::to_string(index) + ": the last layer walks",
                    "logits come from a dense layer");
    if (!last && chip.readers(own).empty() && chip.adders(own).empty())
        bad_layer(where, index, "no layer reads its outputs");
    if (layer.engine == Engine::spatial && layer.lanes != spatial_lanes(chip, index))
        bad_layer(where, index,
                  fmt::format("engine spatial writes {} values at once here, not {}",
                              spatial_lanes(chip, index), layer.lanes));
}

void check_layer(const ChipLayer& layer, size_t index, const std::string& where) {
    const auto in_range = [](int value, int low, int high) {
        return value >= low && value <= high;
    };
    if (!in_range(layer.inputs, 1, MAX_SIZE) || !in_range(layer.lines(), 1, MAX_SIZE))
        bad_layer(where, index,
                  std::to_string(layer.inputs) + " inputs are outside 1..65535 lines");
    if (!in_range(layer.outputs, 1, MAX_SIZE))
        bad_layer(where, index, std::to_string(layer.outputs) + " neurons are outside 1..65535");
    if (!in_range(layer.in_bits, 1, MAX_ACTIVATION_BITS) ||
        !in_range(layer.out_bits, 1, MAX_ACTIVATION_BITS))
        bad_layer(where, index, "activations must have 1 to 16 bits");
    if (!in_range(layer.in_zero, 0, layer.in_hi()))
        bad_layer(where, index, "the zero point of the inputs does not fit their width");
    if (!in_range(layer.device_bits, 2, 16))
        bad_layer(where, index, "devices must have 2 to 16 bits (signed)");
    const size_t expected = static_cast<size_t>(layer.banks()) * static_cast<size_t>(layer.lines());
    if (layer.devices.size() != expected)
        bad_layer(where, index,
                  std::to_string(layer.devices.size()) + " devices, " + std::to_string(expected) +
                      " expected");
    const int limit = 1 << (layer.device_bits - 1);
    for (int bank = 0; bank < layer.banks(); ++bank) {
        const auto devices = layer.bank(bank);
        if (!std::is_sorted(devices.begin(), devices.end()))
            bad_layer(where, index, "bank " + std::to_string(bank) + " is not in ascending order");
        if (devices.front() < -limit || devices.back() >= limit)
            bad_layer(where, index,
                      "a device of bank " + std::to_string(bank) + " does not fit " +
                          std::to_string(layer.device_bits) + " bits");
    }
    if (layer.walk) check_walk(layer, index, where);
    check_engine(layer, index, where);
    if (layer.accumulator_bits() > 31)
        bad_layer(where, index,
                  "its sums need " + std::to_string(layer.accumulator_bits()) +
                      " bits, more than the 31 of the accumulator");
}

/// What the hardware of a decoder asks of its layer.
void check_decoder(const ChipLayer& layer, size_t index, const std::string& where) {
    if (layer.decoder == Decoder::none) return;
    const std::string which = fmt::format("layer {}: decoder {}", index, to_string(layer.decoder));
    if (layer.engine != Engine::serial)
        throw Error(where,
                    which + fmt::format(" cannot stand in engine {}", to_string(layer.engine)),
                    layer.has_network()
                        ? "its switch network takes routed bits, which the host computes; choose "
                          "engine serial, or decoder none"
                        : "its load is no list of inputs; choose engine serial, or decoder none");
    if (code_bits(layer) == 0)
        throw Error(where, which + " has nothing to decode: there is one wiring only",
                    "choose decoder none");
    if (layer.decoder != Decoder::level_map) return;
    const std::vector<int32_t> sizes = classes_of(layer.bank(0)).sizes();
    for (int bank = 1; bank < layer.banks(); ++bank)
        if (classes_of(layer.bank(bank)).sizes() != sizes)
            throw Error(where,
                        which + fmt::format(" needs every device equally often in each neuron, and "
                                            "neuron {} differs from neuron 0",
                                            bank),
                        "choose decoder factorial-stream, or one profile for the layer");
}

}  // namespace

std::vector<uint8_t> ChipLayer::live_slots(int neuron) const {
    std::vector<uint8_t> live(static_cast<size_t>(lines()), 1);
    if (shared_profile || engine == Engine::spatial)
        std::ranges::transform(bank(neuron), live.begin(), [](int32_t device) {
            return device != 0 ? uint8_t{1} : uint8_t{0};
        });
    return live;
}

int ChipLayer::accumulator_bits() const {
    if (engine == Engine::programmable) {
        const int64_t inputs_most = int64_t{inputs} * in_hi();
        const int64_t weight_most = int64_t{1} << (weight_bits(*this) - 1);
        return rail == Rail::split
                   ? signed_bits_for(0, inputs_most * weight_most)
                   : signed_bits_for(-inputs_most * weight_most, inputs_most * (weight_most - 1));
    }
    int64_t low = 0, high = 0;
    for (int bank_index = 0; bank_index < banks(); ++bank_index) {
        int64_t negative = 0, positive = 0;
        for (const int32_t device : bank(bank_index))
            (device < 0 ? negative : positive) += device;
        if (rail == Rail::split) {
            // Both rails add: negative entries are devices on the complement rail.
            high = std::max(high, (positive - negative) * in_hi());
        } else {
            low = std::min(low, negative * in_hi());
            high = std::max(high, positive * in_hi());
        }
    }
    return signed_bits_for(low, high);
}

int ChipLayer::value_bits() const {
    if (!walk || walk->pool != Pool::sum) return out_bits;
    return out_bits +
           ceil_log2(static_cast<uint64_t>(walk->window) * static_cast<uint64_t>(walk->window));
}

int Chip::pixels_per_beat() const {
    const auto fit = static_cast<unsigned>(pixel_stream_bits / in_bits());
    const bool by_address = std::ranges::any_of(readers(NETWORK_INPUT), [&](size_t l) {
        return layers[l].walk || !layers[l].has_network();
    });
    return static_cast<int>(by_address ? std::bit_floor(fit) : fit);
}

int Chip::values_a_write(int layer) const {
    return layer == NETWORK_INPUT ? pixels_per_beat()
                                  : layers[static_cast<size_t>(layer)].values_a_write();
}

int Chip::probes() const {
    int probes = 0;
    for (const ChipLayer& layer : layers)
        probes += layer.values_a_write();
    return probes;
}

int Chip::source(size_t index) const {
    return layers[index].from.value_or(static_cast<int>(index) - 1);
}

std::vector<size_t> Chip::readers(int index) const {
    std::vector<size_t> result;
    for (size_t l = 0; l < layers.size(); ++l)
        if (source(l) == index) result.push_back(l);
    return result;
}

std::vector<size_t> Chip::adders(int index) const {
    std::vector<size_t> result;
    for (size_t l = 0; l < layers.size(); ++l)
        if (layers[l].walk && layers[l].walk->skip == index) result.push_back(l);
    return result;
}

namespace {

void walk_content(const Walk& walk, Canonical& content) {
    content.text("walks");
    for (const int value : {walk.map.rows, walk.map.columns, walk.map.channels, walk.kernel,
                            walk.stride, walk.top, walk.left, walk.rows, walk.columns,
                            static_cast<int>(walk.pool), walk.window, walk.skip.value_or(-1)})
        content.number(value);
}

}  // namespace

Sha256 fingerprint(const Chip& chip) {
    Canonical content;
    content.text("permloom chip 2");
    content.text(chip.circuit);
    content.number(chip.contexts);
    content.number(chip.pixel_stream_bits);
    content.number(static_cast<int64_t>(chip.layers.size()));
    for (const ChipLayer& layer : chip.layers) {
        content.text(std::string(to_string(layer.engine)));
        content.number(layer.lanes);
        content.number(layer.inputs);
        content.number(layer.outputs);
        content.text(std::string(to_string(layer.rail)));
        content.number(layer.in_bits);
        content.number(layer.in_zero);
        content.number(layer.out_bits);
        content.number(layer.device_bits);
        content.number(layer.shared_profile ? 1 : 0);
        for (const int32_t device : layer.devices)
            content.number(device);
        if (layer.from) {
            content.text("reads");
            content.number(*layer.from);
        }
        if (layer.walk) walk_content(*layer.walk, content);
        if (layer.bit_serial) content.text("bit-serial");
        if (layer.decoder != Decoder::none)
            content.text("decoder " + std::string(to_string(layer.decoder)));
    }
    return sha256(content.bytes());
}

void check_engine(const ChipLayer& layer, size_t index, const std::string& where) {
    if (layer.bit_serial && !layer.has_network())
        bad_layer(where, index, "only engines with a switch network are bit-serial");
    check_decoder(layer, index, where);
    switch (layer.engine) {
        case Engine::folded:
            if (layer.lanes != 1) bad_layer(where, index, "engine folded has one lane");
            break;
        case Engine::spatial:
            if (layer.lanes < 1 || layer.outputs % layer.lanes != 0)
                bad_layer(where, index,
                          "engine spatial writes so many values as divide its neurons");
            break;
        case Engine::serial:
            if (layer.lanes < 1 || layer.lanes > MAX_LANES)
                bad_layer(where, index, "engine serial has 1 to 255 lanes");
            if (layer.rail == Rail::dual && layer.inputs > MAX_SIZE / 2)
                bad_layer(where, index, "too many inputs for rail dual");
            if (const int entries = engine_plan(layer).wiring_rows; entries > MAX_SIZE)
                throw Error(where,
                            "layer " + std::to_string(index) + ": a lane has " +
                                std::to_string(entries) + " entries, at most " +
                                std::to_string(MAX_SIZE) + " can be loaded",
                            "give the target more lanes");
            break;
        case Engine::level:
            if (layer.lanes < 1 || layer.lanes > MAX_LEVEL_INPUTS ||
                (layer.lanes & (layer.lanes - 1)) != 0)
                bad_layer(where, index, "engine level takes 1, 2, 4, ... 64 inputs a cycle");
            if (layer.outputs > MAX_LEVEL_NEURONS)
                throw Error(where,
                            "layer " + std::to_string(index) + ": engine level has at most " +
                                std::to_string(MAX_LEVEL_NEURONS) + " neurons, this layer has " +
                                std::to_string(layer.outputs),
                            "choose engine serial or folded for it");
            break;
        case Engine::programmable:
            if (layer.lanes < 1 || layer.lanes > MAX_LANES)
                bad_layer(where, index, "engine programmable has 1 to 255 lanes");
            if (const int64_t weights = lane_weights(layer); weights > MAX_SIZE)
                throw Error(where,
                            "layer " + std::to_string(index) + ": a lane has " +
                                std::to_string(weights) + " weights, at most " +
                                std::to_string(MAX_SIZE) + " can be addressed",
                            "give the target more lanes");
            break;
    }
}

void check(const Chip& chip, const std::string& where) {
    if (chip.layers.empty()) throw Error(where, "the chip has no layers");
    if (chip.layers.size() > static_cast<size_t>(MAX_SIZE)) throw Error(where, "too many layers");
    if (chip.circuit != "as-waksman")
        throw Error(where, "circuit '" + chip.circuit + "' is unknown", "known: as-waksman");
    if (chip.contexts < 1 || chip.contexts > 2)
        throw Error(where, std::to_string(chip.contexts) + " contexts, 1 or 2 are possible");
    if (chip.pixel_stream_bits < 8 || chip.pixel_stream_bits > 64 ||
        chip.pixel_stream_bits % 8 != 0)
        throw Error(where, "the pixel stream has " + std::to_string(chip.pixel_stream_bits) +
                               " bits; 8, 16, ... 64 are possible");
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        check_layer(chip.layers[l], l, where);
        check_joints(chip, l, where);
    }
    if (chip.pixel_stream_bits < chip.in_bits())
        throw Error(where, "a pixel of " + std::to_string(chip.in_bits()) +
                               " bits does not fit the pixel stream");
}

namespace {

flatbuffers::Offset<schema::Walk> stored_walk(flatbuffers::FlatBufferBuilder& builder,
                                              const Walk& walk) {
    return schema::CreateWalk(builder, walk.map.rows, walk.map.columns, walk.map.channels,
                              walk.kernel, walk.stride, walk.top, walk.left, walk.rows,
                              walk.columns, static_cast<uint8_t>(walk.pool), walk.window,
                              walk.skip.has_value(), walk.skip.value_or(0));
}

Walk loaded_walk(const schema::Walk& stored, const std::string& where, size_t index) {
    Walk walk;
    walk.map = {stored.map_rows(), stored.map_columns(), stored.map_channels()};
    walk.kernel = stored.kernel();
    walk.stride = stored.stride();
    walk.top = stored.top();
    walk.left = stored.left();
    walk.rows = stored.rows();
    walk.columns = stored.columns();
    if (stored.pool() > static_cast<uint8_t>(Pool::sum))
        bad_layer(where, index, "its pool is unknown");
    walk.pool = static_cast<Pool>(stored.pool());
    walk.window = stored.window();
    if (stored.adds()) walk.skip = stored.skip();
    return walk;
}

}  // namespace

void save_chip(const Chip& chip, const std::filesystem::path& path) {
    check(chip, path.string());
    flatbuffers::FlatBufferBuilder builder;
    std::vector<flatbuffers::Offset<schema::ChipLayer>> layers;
    for (const ChipLayer& layer : chip.layers) {
        std::vector<int32_t> values;
        std::vector<uint32_t> counts;
        for (int bank = 0; bank < layer.banks(); ++bank) {
            bool first = true;
            for (const int32_t device : layer.bank(bank)) {
                if (first || values.back() != device) {
                    values.push_back(device);
                    counts.push_back(0);
                }
                ++counts.back();
                first = false;
            }
        }
        layers.push_back(schema::CreateChipLayerDirect(
            builder, static_cast<uint32_t>(layer.inputs), static_cast<uint32_t>(layer.outputs),
            std::string(to_string(layer.rail)).c_str(), static_cast<uint8_t>(layer.in_bits),
            static_cast<uint32_t>(layer.in_zero), static_cast<uint8_t>(layer.out_bits),
            static_cast<uint8_t>(layer.device_bits), layer.shared_profile, &values, &counts,
            std::string(to_string(layer.engine)).c_str(), static_cast<uint8_t>(layer.lanes),
            layer.from.has_value(), layer.from.value_or(0),
            layer.walk ? stored_walk(builder, *layer.walk) : 0, layer.bit_serial,
            static_cast<uint8_t>(layer.decoder)));
    }
    schema::FinishChipBuffer(
        builder,
        schema::CreateChipDirect(builder, chip.name.c_str(), chip.target.c_str(),
                                 chip.circuit.c_str(), static_cast<uint32_t>(chip.contexts),
                                 static_cast<uint32_t>(chip.pixel_stream_bits), &layers, VERSION));
    save_container(path, CHIP_MAGIC, {builder.GetBufferPointer(), builder.GetSize()});
}

Chip load_chip(const std::filesystem::path& path) {
    const std::vector<uint8_t> body = load_container(path, CHIP_MAGIC);
    const std::string where = path.string();
    flatbuffers::Verifier verifier(body.data(), body.size());
    if (!schema::VerifyChipBuffer(verifier))
        throw Error(where, "the content does not follow the chip schema",
                    "was it written by another version?");
    const schema::Chip* stored = schema::GetChip(body.data());
    const auto text = [](const flatbuffers::String* s) { return s ? s->str() : std::string(); };
    Chip chip;
    chip.name = text(stored->name());
    chip.target = text(stored->target());
    chip.circuit = text(stored->circuit());
    chip.contexts = static_cast<int>(std::min<uint32_t>(stored->contexts(), MAX_SIZE));
    chip.pixel_stream_bits =
        static_cast<int>(std::min<uint32_t>(stored->pixel_stream_bits(), MAX_SIZE));
    if (!stored->layers()) throw Error(where, "the chip has no layers");
    for (const schema::ChipLayer* one : *stored->layers()) {
        const size_t index = chip.layers.size();
        const auto size = [&](uint32_t value) {
            if (value > static_cast<uint32_t>(MAX_SIZE)) bad_layer(where, index, "is too large");
            return static_cast<int>(value);
        };
        ChipLayer layer;
        layer.engine = engine_from_string(text(one->engine()), where);
        layer.lanes = one->lanes();
        layer.inputs = size(one->inputs());
        layer.outputs = size(one->outputs());
        layer.rail = rail_from_string(text(one->rail()), where);
        layer.in_bits = one->in_bits();
        layer.in_zero = size(one->in_zero());
        layer.out_bits = one->out_bits();
        layer.device_bits = one->device_bits();
        layer.shared_profile = one->shared_profile();
        if (!one->values() || !one->counts() || one->values()->size() != one->counts()->size())
            bad_layer(where, index, "its devices are incomplete");
        const size_t expected =
            static_cast<size_t>(layer.banks()) * static_cast<size_t>(layer.lines());
        for (uint32_t i = 0; i < one->values()->size(); ++i) {
            const uint32_t count = one->counts()->Get(i);
            if (count > expected - layer.devices.size())
                bad_layer(where, index, "it holds more devices than it has slots");
            layer.devices.insert(layer.devices.end(), count, one->values()->Get(i));
        }
        if (one->reads()) layer.from = one->from();
        if (one->walk()) layer.walk = loaded_walk(*one->walk(), where, index);
        layer.bit_serial = one->bit_serial();
        if (one->decoder() > static_cast<uint8_t>(Decoder::level_map))
            bad_layer(where, index, "its decoder is unknown");
        layer.decoder = static_cast<Decoder>(one->decoder());
        chip.layers.push_back(std::move(layer));
    }
    check(chip, where);
    return chip;
}

}  // namespace permloom
