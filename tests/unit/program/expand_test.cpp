#include "compiler/program/expand.h"

#include <catch2/catch.hpp>
#include <limits>

#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/evaluate.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/load_stream.h"
#include "tests/unit/program/small_chip.h"

using namespace permloom;
using Catch::Contains;

namespace {

/// The switch bits that a load stream holds for every neuron of `layer`, read as FORMAT.md says.
std::vector<SwitchBits> switches_in(const LoadStream& stream, const Topology& topology, int neurons,
                                    uint32_t layer) {
    std::vector<SwitchBits> bits(static_cast<size_t>(neurons), SwitchBits(topology.row_widths()));
    size_t at = LOAD_HEADER_WORDS;
    while (stream.words.at(at) != LOAD_END) {
        const uint32_t head = stream.words[at];
        const size_t count = stream.words[at + 1] >> 16, row_words = stream.words[at + 2];
        const size_t stage = head >> 24;
        at += LOAD_RECORD_WORDS;
        if ((head & 0xffff) == layer && ((head >> 16) & 255) == 1)
            for (size_t j = 0; j < count; ++j)
                for (size_t i = 0; i < topology.stages.at(stage).size(); ++i)
                    bits[j].set(static_cast<int>(stage), static_cast<int>(i),
                                (stream.words[at + j * row_words + i / 32] >> (i % 32) & 1) != 0);
        at += count * row_words;
    }
    CHECK(at + 2 == stream.words.size());
    return bits;
}

}  // namespace

TEST_CASE("expand -- the streamed switch bits realise every decoded source") {
    const Chip chip = small_chip();
    for (const auto& code : all_codes()) {
        const Configuration configuration = small_configuration(chip, std::string(code->name()), 9);
        const auto sources = decode_sources(chip, configuration);
        const LoadStream stream = expand(chip, configuration, 1);
        CHECK((stream.words[1] >> 8 & 255) == 1);
        for (size_t l = 0; l < chip.layers.size(); ++l) {
            const Topology topology = as_waksman_topology(chip.layers[l].lines());
            const auto bits =
                switches_in(stream, topology, chip.layers[l].outputs, static_cast<uint32_t>(l));
            for (size_t j = 0; j < bits.size(); ++j)
                CHECK(evaluate(topology, bits[j]) == sources[l][j]);
        }
    }
}

TEST_CASE("expand -- all codes of the same wiring give the same stream") {
    const Chip chip = small_chip();
    const auto words = expand(chip, small_configuration(chip, "lehmer", 4)).words;
    for (const auto& code : all_codes())
        CHECK(expand(chip, small_configuration(chip, std::string(code->name()), 4)).words == words);
}

TEST_CASE("expand -- the last word is the CRC-32 of all words before it") {
    const Chip chip = small_chip();
    const auto words = expand(chip, small_configuration(chip, "lehmer", 4)).words;
    std::vector<uint8_t> bytes;
    for (size_t i = 0; i + 1 < words.size(); ++i)
        for (int b = 0; b < 4; ++b)
            bytes.push_back(static_cast<uint8_t>(words[i] >> (8 * b)));
    CHECK(words.back() == crc32(bytes));
    CHECK(crc32(std::vector<uint8_t>{'1', '2', '3', '4', '5', '6', '7', '8', '9'}) == 0xcbf43926);
}

TEST_CASE("expand -- the weights of engine programmable, on paper") {
    // Two inputs of up to 3, devices -4, -1, 0, 3 of 3 bits for three neurons on two lanes.
    Chip chip = small_chip();
    chip.layers.resize(1);
    ChipLayer& layer = chip.layers[0];
    layer.engine = Engine::programmable;
    layer.lanes = 2;
    layer.inputs = 2;
    layer.rail = Rail::dual;
    layer.in_bits = 2;
    layer.device_bits = 3;
    layer.devices = {-4, -1, 0, 3};
    Configuration configuration = small_configuration(chip, "index", 1);
    BitWriter out;
    const DeviceClasses classes = classes_of(layer.bank(0));
    // Lines 0 and 1 are the inputs, 2 and 3 their complements.
    for (const std::vector<int32_t>& source :
         {std::vector{0, 1, 2, 3}, std::vector{2, 0, 1, 3}, std::vector{3, 2, 1, 0}})
        code_named("index").encode(Permutation(source), classes, out);
    LayerConfiguration& loaded = configuration.layers[0];
    loaded.wiring_bits = out.bit_count();
    loaded.payload = out.take();
    for (size_t j = 0; j < 3; ++j)
        loaded.neurons[j].b = 100 * static_cast<int32_t>(j);

    const LoadStream stream = expand(chip, configuration);
    const auto words = std::span(stream.words).subspan(LOAD_HEADER_WORDS);
    // Neuron 0: -4 - 0 and -1 - 3; neuron 2: 3 - -1 and 0 - -4. Four bits each.
    CHECK(words[0] == (7U << 16));
    CHECK(words[1] == (1U << 16));
    CHECK(words[2] == 1);
    CHECK(words[3] == 0x44cc);
    // Neuron 1: -1 - -4 and 0 - 3; nobody behind it.
    CHECK(words[4] == (7U << 16 | 1U << 24));
    CHECK(words[7] == 0x00d3);
    CHECK(stream.wiring_bits() == 2 * 8 * 4);
    // 3 times the devices on complements: 0 + 3, -4 + 3, -4 - 1.
    CHECK(words[11] == 0 + 9);
    CHECK(words[15] == 100 - 3);
    CHECK(words[19] == 200 - 15);

    loaded.neurons[0].b = std::numeric_limits<int32_t>::max() - 9;
    CHECK_NOTHROW(expand(chip, configuration));
    ++loaded.neurons[0].b;
    CHECK_THROWS_WITH(expand(chip, configuration), Contains("layer 0, neuron 0") &&
                                                       Contains("2147483648") &&
                                                       Contains("does not fit 32 bits"));
}

TEST_CASE("expand -- codes for a decoder, on paper") {
    // Four inputs on devices -1, 0, 0, 2: classes 0, 1, 1, 2.
    Chip chip = small_chip();
    chip.layers.resize(1);
    ChipLayer& layer = chip.layers[0];
    layer.engine = Engine::serial;
    layer.inputs = 4;
    layer.devices = {-1, 0, 0, 2};
    layer.outputs = 2;
    const auto words_of = [&](Decoder decoder) {
        layer.decoder = decoder;
        Configuration configuration = small_configuration(chip, "index", 1);
        BitWriter out;
        const DeviceClasses classes = classes_of(layer.bank(0));
        for (const std::vector<int32_t>& source :
             {std::vector{2, 1, 3, 0}, std::vector{0, 1, 2, 3}})
            code_named("index").encode(Permutation(source), classes, out);
        configuration.layers[0].wiring_bits = out.bit_count();
        configuration.layers[0].payload = out.take();
        const LoadStream stream = expand(chip, configuration);
        CHECK(stream.wiring_bits() == 2 * static_cast<uint64_t>(code_bits(layer)));
        const auto words = std::span(stream.words).subspan(LOAD_HEADER_WORDS);
        CHECK(words[0] == 8U << 16);
        CHECK(words[1] == 2U << 16);
        CHECK(words[2] == 1);
        return std::vector(words.begin() + 3, words.begin() + 5);
    };
    // Lines 0 to 3 are on classes 2, 1, 0, 1, and on 0, 1, 1, 2.
    CHECK(words_of(Decoder::level_map) == std::vector{0b01'00'01'10U, 0b10'01'01'00U});
    CHECK(layer.lines() * 2 == code_bits(layer));
    // 2 1 3 0 is reached by digits 0, 1 (of 1 bit), 0, 2 (of 2 bits): 0; 0 1; 2 1 0; 2 1 3 0.
    CHECK(words_of(Decoder::factorial_stream) == std::vector{0b10'00'1U, 0b11'10'1U});
    CHECK(code_bits(layer) == 5);
    CHECK(code_words(layer) == 1);
    // 2 live slots: 2 * 4 + 1 + 2 + 2 + 2; 4 + 2 + 2 + 2.
    CHECK(code_cycles(layer, 1) == 15);
    layer.decoder = Decoder::level_map;
    CHECK(code_cycles(layer, 1) == 10);
}

TEST_CASE("decode -- an invalid code names the layer and the neuron") {
    const Chip chip = small_chip();
    Configuration bad = small_configuration(chip, "level-map", 5);
    // Four classes on five lines, two bits each: all ones puts every line on the last class.
    bad.layers[0].payload[0] = 0xff;
    CHECK_THROWS_WITH(decode_sources(chip, bad), Contains("layer 0, neuron 0"));
    bad = small_configuration(chip, "level-map", 5);
    bad.layers[1].wiring_bits -= 1;
    CHECK_THROWS_WITH(decode_sources(chip, bad), Contains("layer 1"));
}
