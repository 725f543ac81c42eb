#include "compiler/program/expand.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/evaluate.h"
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
