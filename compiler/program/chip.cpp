#include "compiler/program/chip.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "chip_generated.h"
#include "compiler/base/error.h"
#include "compiler/base/version.h"
#include "compiler/program/container.h"
#include "compiler/program/engine_plan.h"

namespace permloom {
namespace {

/// Widest layer and longest network that the load stream's 16-bit fields can name.
constexpr int MAX_SIZE = 65535;
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

/// What the fields of the load stream and the memories of an engine can hold.
void check_engine(const ChipLayer& layer, size_t index, const std::string& where) {
    switch (layer.engine) {
        case Engine::folded:
            if (layer.lanes != 1) bad_layer(where, index, "engine folded has one lane");
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
    }
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
    check_engine(layer, index, where);
    if (layer.accumulator_bits() > 31)
        bad_layer(where, index,
                  "its sums need " + std::to_string(layer.accumulator_bits()) +
                      " bits, more than the 31 of the accumulator");
}

class Canonical {
  public:
    void text(const std::string& value) {
        number(static_cast<int64_t>(value.size()));
        bytes_.insert(bytes_.end(), value.begin(), value.end());
    }
    void number(int64_t value) {
        for (int i = 0; i < 8; ++i)
            bytes_.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i)));
    }
    const std::vector<uint8_t>& bytes() const { return bytes_; }

  private:
    std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<uint8_t> ChipLayer::live_slots() const {
    std::vector<uint8_t> live(static_cast<size_t>(lines()), 1);
    if (shared_profile)
        std::ranges::transform(bank(0), live.begin(), [](int32_t device) {
            return device != 0 ? uint8_t{1} : uint8_t{0};
        });
    return live;
}

int ChipLayer::accumulator_bits() const {
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

int Chip::pixels_per_beat() const {
    const auto fit = static_cast<unsigned>(pixel_stream_bits / in_bits());
    return static_cast<int>(layers.front().engine == Engine::folded ? fit : std::bit_floor(fit));
}

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
    }
    return sha256(content.bytes());
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
        if (l == 0) continue;
        const ChipLayer& before = chip.layers[l - 1];
        if (chip.layers[l].inputs != before.outputs || chip.layers[l].in_bits != before.out_bits)
            bad_layer(where, l, "its inputs are not the outputs of the layer before");
    }
    if (chip.pixel_stream_bits < chip.in_bits())
        throw Error(where, "a pixel of " + std::to_string(chip.in_bits()) +
                               " bits does not fit the pixel stream");
}

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
            std::string(to_string(layer.engine)).c_str(), static_cast<uint8_t>(layer.lanes)));
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
        chip.layers.push_back(std::move(layer));
    }
    check(chip, where);
    return chip;
}

}  // namespace permloom
