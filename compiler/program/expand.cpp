#include "compiler/program/expand.h"

#include <algorithm>
#include <limits>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/circuits.h"
#include "compiler/perm/code.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/load_stream.h"
#include "compiler/program/route_around_stuck.h"

namespace permloom {
namespace {

void put_record(LoadStream& stream, size_t layer, Section section, size_t stage, size_t count,
                size_t row_words) {
    stream.words.push_back(static_cast<uint32_t>(layer) | static_cast<uint32_t>(section) << 16 |
                           static_cast<uint32_t>(stage) << 24);
    stream.words.push_back(static_cast<uint32_t>(count) << 16);
    stream.words.push_back(static_cast<uint32_t>(row_words));
}

void put_switches(LoadStream& stream, size_t layer, const std::vector<SwitchBits>& neurons) {
    for (int d = 0; d < neurons.front().row_count(); ++d) {
        const auto switches = static_cast<size_t>(neurons.front().width(d));
        if (switches == 0) continue;
        put_record(stream, layer, Section::switches, static_cast<size_t>(d), neurons.size(),
                   neurons.front().words(d).size());
        for (const SwitchBits& bits : neurons)
            stream.words.insert(stream.words.end(), bits.words(d).begin(), bits.words(d).end());
        stream.layer_wiring_bits.back() += switches * neurons.size();
    }
}

/// The code of every neuron, a row each.
void put_codes(LoadStream& stream, size_t layer, const ChipLayer& shape,
               const std::vector<Permutation>& sources) {
    const Code& code = code_named(to_string(shape.decoder));
    const auto row_words = static_cast<size_t>(code_words(shape));
    put_record(stream, layer, Section::codes, 0, sources.size(), row_words);
    for (int neuron = 0; neuron < shape.outputs; ++neuron) {
        BitWriter bits;
        code.encode(sources[static_cast<size_t>(neuron)], classes_of(shape.bank(neuron)), bits);
        std::vector<uint8_t> bytes = bits.take();
        bytes.resize(row_words * sizeof(uint32_t));
        const BitReader in(bytes);
        for (size_t word = 0; word < row_words; ++word)
            stream.words.push_back(static_cast<uint32_t>(in.peek(32 * word, 32)));
        stream.layer_wiring_bits.back() += static_cast<uint64_t>(code_bits(shape));
    }
}

/// The entries of every lane: for each live slot of its neurons, the line wired to it.
void put_entries(LoadStream& stream, size_t layer, const ChipLayer& shape,
                 const std::vector<Permutation>& sources) {
    const std::vector<int32_t> counts = group_entries(shape);
    const size_t rows = static_cast<size_t>(engine_plan(shape).wiring_rows);
    if (rows == 0) return;
    stream.layer_wiring_bits.back() +=
        rows * static_cast<size_t>(shape.lanes * stored_entry_bits(shape));
    for (int lane = 0; lane < shape.lanes; ++lane) {
        put_record(stream, layer, Section::entries, static_cast<size_t>(lane), rows, 1);
        for (size_t group = 0; group < counts.size(); ++group) {
            const int neuron = static_cast<int>(group) * shape.lanes + lane;
            const std::vector<int32_t> slots =
                neuron < shape.outputs ? live_slots(shape, neuron) : std::vector<int32_t>{};
            for (const int32_t slot : slots) {
                const int32_t line = sources[static_cast<size_t>(neuron)][slot];
                stream.words.push_back(line < shape.inputs
                                           ? static_cast<uint32_t>(line)
                                           : static_cast<uint32_t>(line - shape.inputs) |
                                                 COMPLEMENT_ENTRY);
            }
            stream.words.resize(stream.words.size() + static_cast<size_t>(counts[group]) -
                                slots.size());
        }
    }
}

/// The level map of every neuron: for each line the level of the device that it is wired to.
void put_levels(LoadStream& stream, size_t layer, const ChipLayer& shape,
                const std::vector<Permutation>& sources) {
    const int bits = level_bits(shape), pass = steps_a_pass(shape), all = steps(shape);
    const auto row_words = static_cast<size_t>((shape.lanes * bits + 31) / 32);
    for (int neuron = 0; neuron < shape.outputs; ++neuron) {
        const std::vector<int32_t> values = levels(shape, neuron);
        const auto bank = shape.bank(neuron);
        std::vector<uint32_t> level_of(static_cast<size_t>(shape.lines()));
        for (int slot = 0; slot < shape.lines(); ++slot)
            level_of[static_cast<size_t>(sources[static_cast<size_t>(neuron)][slot])] =
                static_cast<uint32_t>(
                    std::ranges::lower_bound(values, bank[static_cast<size_t>(slot)]) -
                    values.begin());
        put_record(stream, layer, Section::levels, static_cast<size_t>(neuron),
                   static_cast<size_t>(all), row_words);
        for (int step = 0; step < all; ++step) {
            std::vector<uint32_t> row(row_words, 0);
            for (int p = 0; p < shape.lanes; ++p) {
                const int input = step % pass * shape.lanes + p;
                if (input >= shape.inputs) break;
                const uint64_t level =
                    level_of[static_cast<size_t>(input + step / pass * shape.inputs)];
                const int at = p * bits;
                row[static_cast<size_t>(at / 32)] |= static_cast<uint32_t>(level << (at % 32));
                if (at % 32 + bits > 32)
                    row[static_cast<size_t>(at / 32 + 1)] |=
                        static_cast<uint32_t>(level >> (32 - at % 32));
            }
            stream.words.insert(stream.words.end(), row.begin(), row.end());
        }
    }
    stream.layer_wiring_bits.back() += static_cast<uint64_t>(shape.outputs) *
                                       static_cast<uint64_t>(all) *
                                       static_cast<uint64_t>(shape.lanes * bits);
}

/// The weights of every lane: for each input of its neurons the device wired to it, on rail dual
/// less the one wired to its complement.
void put_weights(LoadStream& stream, size_t layer, const ChipLayer& shape,
                 const std::vector<Permutation>& sources) {
    const int bits = weight_bits(shape), in_row = weights_a_row(shape);
    const auto rows = static_cast<size_t>(engine_plan(shape).wiring_rows);
    const uint32_t mask = static_cast<uint32_t>((uint64_t{1} << bits) - 1);
    std::vector<int32_t> weights(static_cast<size_t>(lane_weights(shape)));
    for (int lane = 0; lane < shape.lanes; ++lane) {
        std::ranges::fill(weights, 0);
        for (int neuron = lane; neuron < shape.outputs; neuron += shape.lanes) {
            const auto bank = shape.bank(neuron);
            int32_t* const of_neuron = weights.data() + neuron / shape.lanes * shape.inputs;
            for (int slot = 0; slot < shape.lines(); ++slot) {
                const int32_t line = sources[static_cast<size_t>(neuron)][slot];
                const int32_t device = bank[static_cast<size_t>(slot)];
                of_neuron[line % shape.inputs] += line < shape.inputs ? device : -device;
            }
        }
        put_record(stream, layer, Section::weights, static_cast<size_t>(lane), rows, 1);
        const size_t first = stream.words.size();
        stream.words.resize(first + rows, 0);
        for (size_t w = 0; w < weights.size(); ++w) {
            const size_t at = w % static_cast<size_t>(in_row) * static_cast<size_t>(bits);
            stream.words[first + w / static_cast<size_t>(in_row)] |=
                (static_cast<uint32_t>(weights[w]) & mask) << at;
        }
    }
    stream.layer_wiring_bits.back() += rows * static_cast<size_t>(shape.lanes * in_row * bits);
}

/// `stuck`: the copy whose stuck switches are to be avoided, or null.
void put_wiring(LoadStream& stream, size_t layer, const ChipLayer& shape,
                const std::vector<Permutation>& sources, const LayerInstance* stuck,
                ThreadPool& pool) {
    switch (shape.engine) {
        case Engine::folded:
        case Engine::spatial:
            return put_switches(stream, layer,
                                stuck != nullptr && !stuck->stuck.empty()
                                    ? route_around_stuck(shape, *stuck, sources, layer)
                                    : circuit_named("as-waksman").route_batch(sources, pool));
        case Engine::serial:
            if (shape.decoder != Decoder::none) return put_codes(stream, layer, shape, sources);
            return put_entries(stream, layer, shape, sources);
        case Engine::level:
            return put_levels(stream, layer, shape, sources);
        case Engine::programmable:
            return put_weights(stream, layer, shape, sources);
    }
}

/// b as it is loaded. A complement brings hi - x: where a weight multiplies x alone, hi times its
/// device is left over.
int32_t loaded_bias(const ChipLayer& shape, size_t neuron, int32_t b, const Permutation& source,
                    const std::string& where) {
    if (shape.engine != Engine::programmable || shape.rail != Rail::dual) return b;
    const auto bank = shape.bank(static_cast<int>(neuron));
    int64_t sum = b;
    for (int slot = 0; slot < shape.lines(); ++slot)
        if (source[slot] >= shape.inputs)
            sum += int64_t{bank[static_cast<size_t>(slot)]} * shape.in_hi();
    if (sum < std::numeric_limits<int32_t>::min() || sum > std::numeric_limits<int32_t>::max())
        throw Error(where + ", neuron " + std::to_string(neuron),
                    "its b with what the complements bring, " + std::to_string(sum) +
                        ", does not fit 32 bits",
                    "engine serial loads b as it is");
    return static_cast<int32_t>(sum);
}

void put_registers(LoadStream& stream, size_t layer, const ChipLayer& shape,
                   const LayerConfiguration& loaded, const std::vector<Permutation>& sources) {
    const bool adds = shape.adds();
    put_record(stream, layer, Section::neuron_registers, 0, loaded.neurons.size(),
               NEURON_REGISTER_WORDS);
    for (size_t j = 0; j < loaded.neurons.size(); ++j) {
        const NeuronRegisters& n = loaded.neurons[j];
        const auto c = static_cast<uint64_t>(n.c);
        stream.words.push_back(static_cast<uint32_t>(loaded_bias(
            shape, j, n.b, sources[j], "configuration, layer " + std::to_string(layer))));
        stream.words.push_back(static_cast<uint32_t>(n.m));
        stream.words.push_back(static_cast<uint32_t>(c));
        stream.words.push_back(static_cast<uint32_t>(c >> 32));
    }
    const LayerRegisters& r = loaded.registers;
    put_record(stream, layer, Section::layer_registers, 0, 1, layer_register_words(adds));
    stream.words.push_back(static_cast<uint32_t>(r.s) | (r.relu ? 1U << 8 : 0U));
    stream.words.push_back(static_cast<uint32_t>(r.z) | static_cast<uint32_t>(r.lo) << 16);
    stream.words.push_back(static_cast<uint32_t>(r.hi));
    if (adds) stream.words.push_back(static_cast<uint32_t>(r.m2));
    stream.register_bits += loaded.neurons.size() * NEURON_REGISTER_BITS + LAYER_REGISTER_BITS +
                            (adds ? SKIP_REGISTER_BITS : 0);
}

}  // namespace

DeviceClasses wiring_classes(const ChipLayer& layer, int neuron, bool fabricated) {
    if (!fabricated) return classes_of(layer.bank(neuron));
    std::vector<int32_t> different(static_cast<size_t>(layer.lines()));
    std::iota(different.begin(), different.end(), 0);
    return classes_of(different);
}

std::vector<std::vector<Permutation>> decode_sources(const Chip& chip,
                                                     const Configuration& configuration,
                                                     const DeviceInstance* instance) {
    require_match(chip, configuration, "configuration", instance);
    std::vector<std::vector<Permutation>> sources;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const LayerConfiguration& loaded = configuration.layers[l];
        const Code& code = code_named(loaded.code);
        BitReader in(loaded.payload);
        sources.emplace_back();
        for (int j = 0; j < layer.outputs; ++j) {
            try {
                sources.back().push_back(
                    code.decode(wiring_classes(layer, j, configuration.instance.has_value()), in));
            } catch (const Error& error) {
                throw Error(
                    "configuration, layer " + std::to_string(l) + ", neuron " + std::to_string(j),
                    error.what());
            }
        }
        if (in.position() != loaded.wiring_bits)
            throw Error("configuration, layer " + std::to_string(l),
                        "its codes take " + std::to_string(in.position()) + " bits, stated are " +
                            std::to_string(loaded.wiring_bits));
        in.expect_end();
    }
    return sources;
}

LoadStream expand(const Chip& chip, const Configuration& configuration, int context,
                  const DeviceInstance* instance) {
    PERMLOOM_ASSERT(context >= 0 && context < chip.contexts);
    const auto sources = decode_sources(chip, configuration, instance);
    const uint64_t name = low_word(configuration.chip_fingerprint);

    ThreadPool pool;
    LoadStream stream;
    stream.words = {LOAD_MAGIC,
                    LOAD_VERSION | static_cast<uint32_t>(context) << 8,
                    static_cast<uint32_t>(name),
                    static_cast<uint32_t>(name >> 32),
                    0,
                    0};
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        if (configuration.instance && chip.layers[l].decoder == Decoder::level_map)
            throw Error("configuration, layer " + std::to_string(l),
                        "the chip's decoder level-map forgets the order of equal devices, which "
                        "measure differently on a fabricated copy",
                        "make the chip with decoder factorial-stream or none");
        stream.layer_wiring_bits.push_back(0);
        put_wiring(stream, l, chip.layers[l], sources[l],
                   configuration.instance ? &instance->layers[l] : nullptr, pool);
        put_registers(stream, l, chip.layers[l], configuration.layers[l], sources[l]);
    }
    put_record(stream, 0, Section::classes, 0, 1, 1);
    stream.words.push_back(static_cast<uint32_t>(configuration.classes));
    stream.register_bits += CLASSES_BITS;
    stream.words.push_back(LOAD_END);
    stream.words.push_back(crc32_of_words(stream.words));
    return stream;
}

}  // namespace permloom
