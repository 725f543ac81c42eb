#include "compiler/program/expand.h"

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/circuits.h"
#include "compiler/perm/code.h"
#include "compiler/program/load_stream.h"

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
        stream.switch_bits += switches * neurons.size();
    }
}

void put_registers(LoadStream& stream, size_t layer, const LayerConfiguration& loaded) {
    put_record(stream, layer, Section::neuron_registers, 0, loaded.neurons.size(),
               NEURON_REGISTER_WORDS);
    for (const NeuronRegisters& n : loaded.neurons) {
        const auto c = static_cast<uint64_t>(n.c);
        stream.words.push_back(static_cast<uint32_t>(n.b));
        stream.words.push_back(static_cast<uint32_t>(n.m));
        stream.words.push_back(static_cast<uint32_t>(c));
        stream.words.push_back(static_cast<uint32_t>(c >> 32));
    }
    const LayerRegisters& r = loaded.registers;
    put_record(stream, layer, Section::layer_registers, 0, 1, LAYER_REGISTER_WORDS);
    stream.words.push_back(static_cast<uint32_t>(r.s) | (r.relu ? 1U << 8 : 0U));
    stream.words.push_back(static_cast<uint32_t>(r.z) | static_cast<uint32_t>(r.lo) << 16);
    stream.words.push_back(static_cast<uint32_t>(r.hi));
    stream.register_bits += loaded.neurons.size() * NEURON_REGISTER_BITS + LAYER_REGISTER_BITS;
}

uint32_t crc_of(std::span<const uint32_t> words) {
    uint32_t crc = 0;
    for (const uint32_t word : words) {
        const uint8_t bytes[] = {static_cast<uint8_t>(word), static_cast<uint8_t>(word >> 8),
                                 static_cast<uint8_t>(word >> 16),
                                 static_cast<uint8_t>(word >> 24)};
        crc = crc32(bytes, crc);
    }
    return crc;
}

}  // namespace

std::vector<std::vector<Permutation>> decode_sources(const Chip& chip,
                                                     const Configuration& configuration) {
    require_match(chip, configuration, "configuration");
    std::vector<std::vector<Permutation>> sources;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const LayerConfiguration& loaded = configuration.layers[l];
        const Code& code = code_named(loaded.code);
        BitReader in(loaded.payload);
        sources.emplace_back();
        for (int j = 0; j < layer.outputs; ++j) {
            try {
                sources.back().push_back(code.decode(classes_of(layer.bank(j)), in));
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

LoadStream expand(const Chip& chip, const Configuration& configuration, int context) {
    PERMLOOM_ASSERT(context >= 0 && context < chip.contexts);
    const auto sources = decode_sources(chip, configuration);
    const uint64_t name = low_word(configuration.chip_fingerprint);

    const Circuit& network = circuit_named("as-waksman");
    ThreadPool pool;
    LoadStream stream;
    stream.words = {LOAD_MAGIC,
                    LOAD_VERSION | static_cast<uint32_t>(context) << 8,
                    static_cast<uint32_t>(name),
                    static_cast<uint32_t>(name >> 32),
                    0,
                    0};
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        put_switches(stream, l, network.route_batch(sources[l], pool));
        put_registers(stream, l, configuration.layers[l]);
    }
    put_record(stream, 0, Section::classes, 0, 1, 1);
    stream.words.push_back(static_cast<uint32_t>(configuration.classes));
    stream.register_bits += CLASSES_BITS;
    stream.words.push_back(LOAD_END);
    stream.words.push_back(crc_of(stream.words));
    return stream;
}

}  // namespace permloom
