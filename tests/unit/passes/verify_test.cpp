#include "compiler/passes/verify.h"

#include <catch2/catch.hpp>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/passes/load_rows.h"
#include "compiler/passes/pipeline.h"
#include "compiler/passes/verify_stream.h"
#include "compiler/program/expand.h"
#include "tests/support/random_checkpoint.h"

namespace permloom {
namespace {

using Catch::Matchers::Contains;
using testing::levels;
using testing::network_of;
using testing::one_value;
using testing::random_checkpoint;

struct Case {
    Checkpoint checkpoint;
    Chip chip;
    Configuration configuration;
};

Case compiled_case(Rail rail, const DeviceSpec& devices, const std::string& code = "auto",
                   Activation activation = Activation::relu, Engine engine = Engine::folded,
                   Decoder decoder = Decoder::none) {
    Rng rng(31);
    Case result;
    result.checkpoint = random_checkpoint(network_of({11, 6, 4}, rail, devices, activation), rng);
    CompileOptions options;
    options.code = code;
    options.target.engines = {engine};
    options.target.lanes = 4;
    options.target.decoder = decoder;
    const CompileResult compiled = compile(result.checkpoint, options);
    result.chip = compiled.chip;
    result.configuration = compiled.configuration;
    return result;
}

/// What verify says to a case, "" when it is content.
std::string complaint(const Case& one) {
    try {
        verify(one.checkpoint, one.chip, one.configuration);
    } catch (const Error& error) {
        return error.where() + ": " + error.problem();
    }
    return {};
}

std::string complaint_after(const Case& good, auto&& mutation) {
    Case bad = good;
    mutation(bad);
    return complaint(bad);
}

uint32_t crc_of_words(std::span<const uint32_t> words) {
    std::vector<uint8_t> bytes;
    for (const uint32_t word : words)
        for (int shift = 0; shift < 32; shift += 8)
            bytes.push_back(static_cast<uint8_t>(word >> shift));
    return crc32(bytes);
}

Section section_of(Engine engine) {
    return engine == Engine::folded   ? Section::switches
           : engine == Engine::serial ? Section::entries
           : engine == Engine::level  ? Section::levels
                                      : Section::weights;
}

const std::vector<Rail> RAILS = {Rail::single, Rail::dual, Rail::split};

}  // namespace

TEST_CASE("verify -- every single flipped payload bit is found, in its layer") {
    for (const Rail rail : RAILS)
        for (const char* code : {"lehmer", "level-map", "multiset", "index"}) {
            const Case good = compiled_case(rail, levels(3, false), code);
            REQUIRE(complaint(good).empty());
            for (size_t l = 0; l < 2; ++l)
                for (uint64_t bit = 0; bit < good.configuration.layers[l].wiring_bits; ++bit) {
                    INFO(code << ", layer " << l << ", bit " << bit);
                    const std::string said = complaint_after(good, [&](Case& bad) {
                        bad.configuration.layers[l].payload[bit / 8] ^=
                            static_cast<uint8_t>(1U << (bit % 8));
                    });
                    REQUIRE_THAT(said, Contains("layer " + std::to_string(l)));
                }
        }
}

TEST_CASE("verify -- two exchanged wirings are found in their neuron") {
    // Index codes have one length, so a neuron's bits may be replaced by its neighbour's.
    const Case good = compiled_case(Rail::single, levels(5, true), "index");
    const uint64_t bits = good.configuration.layers[0].wiring_bits / 6;
    const std::string said = complaint_after(good, [&](Case& bad) {
        const std::vector<uint8_t>& from = good.configuration.layers[0].payload;
        std::vector<uint8_t>& to = bad.configuration.layers[0].payload;
        for (uint64_t i = 0; i < bits; ++i) {
            const uint64_t source = 4 * bits + i, target = 3 * bits + i;
            const bool set = (from[source / 8] >> (source % 8) & 1) != 0;
            const auto mask = static_cast<uint8_t>(1U << (target % 8));
            to[target / 8] =
                static_cast<uint8_t>(set ? to[target / 8] | mask : to[target / 8] & ~mask);
        }
    });
    CHECK_THAT(said, Contains("layer 0, neuron 3") && Contains("its weight is"));
}

TEST_CASE("verify -- every single changed device is found in its neuron") {
    for (const Rail rail : RAILS) {
        // The index code alone keeps its length when the classes of a bank change.
        const Case good = compiled_case(rail, levels(4, false), "index");
        for (size_t l = 0; l < 2; ++l) {
            const auto lines = static_cast<size_t>(good.chip.layers[l].lines());
            for (size_t i = 0; i < good.chip.layers[l].devices.size(); ++i) {
                const bool top = i % lines == lines - 1;
                const std::string said = complaint_after(good, [&](Case& bad) {
                    // The largest of a bank grows, any other takes its upper neighbour's value.
                    std::vector<int32_t>& devices = bad.chip.layers[l].devices;
                    devices[i] = top ? devices[i] - 1 : devices[i + 1];
                    if (top && lines > 1 && devices[i] < devices[i - 1]) devices[i] += 2;
                    bad.chip.layers[l].device_bits = 8;
                    bad.configuration.chip_fingerprint = fingerprint(bad.chip);
                });
                if (!top && good.chip.layers[l].devices[i] == good.chip.layers[l].devices[i + 1])
                    continue;
                INFO("layer " << l << ", device " << i);
                REQUIRE_THAT(said, Contains("layer " + std::to_string(l) + ", neuron " +
                                            std::to_string(i / lines)));
            }
        }
    }
}

TEST_CASE("verify -- every register off by one is found in its neuron") {
    for (const Rail rail : RAILS)
        for (const DeviceSpec& devices : {levels(4, false), one_value(0.4)})
            for (const Activation activation : {Activation::relu, Activation::clip}) {
                const Case good = compiled_case(rail, devices, "auto", activation);
                for (size_t l = 0; l < 2; ++l)
                    for (size_t j = 0; j < good.configuration.layers[l].neurons.size(); ++j)
                        for (const int by : {-1, 1}) {
                            const std::string place =
                                "layer " + std::to_string(l) + ", neuron " + std::to_string(j);
                            const auto changed = [&](auto NeuronRegisters::*field) {
                                return complaint_after(good, [&](Case& bad) {
                                    bad.configuration.layers[l].neurons[j].*field += by;
                                });
                            };
                            INFO(place << " by " << by);
                            CHECK_THAT(changed(&NeuronRegisters::b), Contains(place));
                            CHECK_THAT(changed(&NeuronRegisters::m), Contains(place));
                            CHECK_THAT(changed(&NeuronRegisters::c), Contains(place));
                        }
            }
}

TEST_CASE("verify -- every changed layer register is found in its layer") {
    for (const Activation activation : {Activation::relu, Activation::clip}) {
        const Case good = compiled_case(Rail::single, levels(4, true), "auto", activation);
        for (size_t l = 0; l < 2; ++l) {
            const auto changed = [&](auto&& mutation) {
                return complaint_after(
                    good, [&](Case& bad) { mutation(bad.configuration.layers[l].registers); });
            };
            const std::string place = "layer " + std::to_string(l);
            CHECK_THAT(changed([](LayerRegisters& r) { ++r.s; }), Contains(place));
            CHECK_THAT(changed([](LayerRegisters& r) { r.s = r.s > 0 ? r.s - 1 : 48; }),
                       Contains(place));
            CHECK_THAT(changed([](LayerRegisters& r) { ++r.z; }), Contains(place));
            CHECK_THAT(changed([](LayerRegisters& r) { ++r.lo; }), Contains(place));
            CHECK_THAT(changed([](LayerRegisters& r) { r.hi = r.hi > 0 ? r.hi - 1 : 1; }),
                       Contains(place));
            CHECK_THAT(changed([](LayerRegisters& r) { r.relu = !r.relu; }), Contains(place));
        }
    }
}

TEST_CASE("verify -- another checkpoint, chip or number of classes is refused") {
    const Case good = compiled_case(Rail::single, levels(4, false));
    CHECK_THAT(complaint_after(good, [](Case& bad) { ++bad.configuration.chip_fingerprint[0]; }),
               Contains("another chip"));
    CHECK_THAT(complaint_after(good, [](Case& bad) { --bad.configuration.classes; }),
               Contains("classes"));
    CHECK_THAT(complaint_after(good,
                               [](Case& bad) {
                                   std::swap(bad.checkpoint.layers[1].source[8],
                                             bad.checkpoint.layers[1].source[11]);
                               }),
               Contains("layer 1, neuron 1"));
    CHECK_THAT(complaint_after(good, [](Case& bad) { bad.checkpoint.layers[0].act_range *= 1.01; }),
               Contains("layer 0"));
    CHECK_THAT(complaint_after(good, [](Case& bad) { bad.checkpoint.layers[1].offset += 1.0; }),
               Contains("layer 1"));
}

TEST_CASE("verify -- a multiplier of fewer bits than fit is found") {
    const Case good = compiled_case(Rail::single, levels(4, true));
    const std::string said = complaint_after(good, [](Case& bad) {
        LayerConfiguration& layer = bad.configuration.layers[0];
        --layer.registers.s;
        for (NeuronRegisters& neuron : layer.neurons)
            neuron.m = (neuron.m + 1) / 2;
    });
    CHECK_THAT(said, Contains("layer 0, neuron 0") && Contains("not the nearest"));
}

TEST_CASE("verify -- sums that leave 32 bits are refused") {
    Case one = compiled_case(Rail::single, levels(4, true));
    one.checkpoint.layers[1].offset =
        -2147483000.0 * one.checkpoint.layers[1].scale * one.checkpoint.layers[0].act_range / 255.0;
    CompileOptions options;
    CHECK_THROWS_WITH(compile(one.checkpoint, options),
                      Contains("layer 1, neuron 0") && Contains("32 bits"));
}

TEST_CASE("verify -- every flipped bit of the load stream's rows is found in its place") {
    const Case good = compiled_case(Rail::split, levels(4, true));
    const auto sources = decode_sources(good.chip, good.configuration);
    const std::vector<uint32_t> words = expand(good.chip, good.configuration).words;
    REQUIRE_NOTHROW(verify_stream(good.chip, good.configuration, sources, words));
    for (const LoadRecord& record : read_load_records(words))
        for (const LoadRow& row : record.rows)
            for (size_t bit = 0; bit < row.words.size() * 32; ++bit) {
                std::vector<uint32_t> damaged = words;
                const auto at = static_cast<size_t>(row.words.data() - words.data()) + bit / 32;
                damaged[at] ^= 1U << (bit % 32);
                damaged.back() = crc_of_words(std::span(damaged).first(damaged.size() - 1));
                std::string said;
                try {
                    verify_stream(good.chip, good.configuration, sources, damaged);
                } catch (const Error& error) {
                    said = error.where();
                }
                std::string place = "layer " + std::to_string(row.layer);
                if (row.section == Section::classes)
                    place = "classes";
                else if (row.section != Section::layer_registers)
                    place += ", neuron " + std::to_string(row.neuron);
                REQUIRE(said == place);
            }
}

TEST_CASE("verify stream -- engine programmable on dual rails: what is added to b is checked") {
    const Case one =
        compiled_case(Rail::dual, levels(4, true), "auto", Activation::relu, Engine::programmable);
    const auto sources = decode_sources(one.chip, one.configuration);
    std::vector<uint32_t> words = expand(one.chip, one.configuration).words;
    for (const LoadRecord& record : read_load_records(words)) {
        const LoadRow& row = record.rows.front();
        if (row.section != Section::neuron_registers) continue;
        // As the configuration has it: without hi times the devices on complements.
        const auto layer = static_cast<size_t>(row.layer);
        const auto at = static_cast<size_t>(row.words.data() - words.data());
        std::vector<uint32_t> bare = words;
        bare[at] = static_cast<uint32_t>(one.configuration.layers[layer].neurons[0].b);
        REQUIRE(bare[at] != words[at]);
        bare.back() = crc_of_words(std::span(bare).first(bare.size() - 1));
        CHECK_THROWS_WITH(verify_stream(one.chip, one.configuration, sources, bare),
                          Contains("layer " + std::to_string(layer) + ", neuron 0") &&
                              Contains("other registers"));
    }
}

TEST_CASE("verify -- a missing or repeated record of the load stream is found") {
    const Case good = compiled_case(Rail::single, levels(4, true));
    const auto sources = decode_sources(good.chip, good.configuration);
    const std::vector<uint32_t> words = expand(good.chip, good.configuration).words;
    for (const bool repeat : {false, true})
        for (const LoadRecord& record : read_load_records(words)) {
            const auto rows = record.rows.front().words.data() - words.data();
            const auto begin = words.begin() + rows - 3;
            const auto end = begin + static_cast<std::ptrdiff_t>(record.words);
            std::vector<uint32_t> changed(words.begin(), repeat ? end : begin);
            changed.insert(changed.end(), repeat ? begin : end, words.end());
            changed.back() = crc_of_words(std::span(changed).first(changed.size() - 1));
            INFO("record at word " << rows - 3 << (repeat ? " twice" : " missing"));
            CHECK_THROWS_AS(verify_stream(good.chip, good.configuration, sources, changed), Error);
        }
}

TEST_CASE("load rows -- read back what expand wrote, refuse every flipped bit") {
    const Case good = compiled_case(Rail::dual, levels(4, true));
    const LoadStream stream = expand(good.chip, good.configuration);
    size_t words = 0, rows = 0;
    for (const LoadRecord& record : read_load_records(stream.words)) {
        words += record.words;
        rows += record.rows.size();
    }
    CHECK(words + 8 == stream.words.size());
    // Per layer: a row per neuron and stage (22 lines: 9, 12 lines: 7), registers; classes.
    CHECK(rows == 6 * 9 + 6 + 1 + 4 * 7 + 4 + 1 + 1);

    std::vector<uint32_t> damaged = stream.words;
    for (size_t bit = 0; bit < damaged.size() * 32; ++bit) {
        damaged[bit / 32] ^= 1U << (bit % 32);
        INFO("bit " << bit);
        REQUIRE_THROWS_AS(read_load_records(damaged), Error);
        damaged[bit / 32] ^= 1U << (bit % 32);
    }
    for (size_t length = 0; length < stream.words.size(); ++length)
        REQUIRE_THROWS_AS(read_load_records(std::span(stream.words).first(length)), Error);
}

TEST_CASE("verify stream -- every flipped bit of a code for a decoder is found in its neuron") {
    for (const Decoder decoder : {Decoder::factorial_stream, Decoder::level_map})
        for (const Rail rail : RAILS) {
            const Case one = compiled_case(rail, levels(3, true), "auto", Activation::relu,
                                           Engine::serial, decoder);
            const auto sources = decode_sources(one.chip, one.configuration);
            const std::vector<uint32_t> good = expand(one.chip, one.configuration).words;
            REQUIRE_NOTHROW(verify_stream(one.chip, one.configuration, sources, good));
            int codes = 0;
            for (const LoadRecord& record : read_load_records(good))
                for (const LoadRow& row : record.rows) {
                    if (row.section != Section::codes) continue;
                    ++codes;
                    for (size_t bit = 0; bit < row.words.size() * 32; ++bit) {
                        std::vector<uint32_t> bad = good;
                        bad[static_cast<size_t>(row.words.data() - good.data()) + bit / 32] ^=
                            1U << (bit % 32);
                        bad.back() = crc_of_words(std::span(bad).first(bad.size() - 1));
                        INFO(to_string(decoder) << ", neuron " << row.neuron << ", bit " << bit);
                        CHECK_THROWS_WITH(verify_stream(one.chip, one.configuration, sources, bad),
                                          Contains("layer " + std::to_string(row.layer) +
                                                   ", neuron " + std::to_string(row.neuron)));
                    }
                }
            CHECK(codes == 6 + 4);
        }
}

TEST_CASE("place -- a decoder needs engine serial by name") {
    const auto complaint_of = [](TargetSpec target) {
        Rng rng(31);
        CompileOptions options;
        options.target = std::move(target);
        options.choose_engines = [](Chip&) {};
        try {
            compile(random_checkpoint(network_of({11, 6, 4}, Rail::single, levels(3, true)), rng),
                    options);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    TargetSpec target;
    target.decoder = Decoder::level_map;
    target.engines = {Engine::serial, Engine::folded};
    CHECK_THAT(complaint_of(target),
               Contains("layer 1: decoder level-map cannot stand in engine folded"));
    target.engines = {Engine::serial};
    CHECK(complaint_of(target).empty());
    target.automatic = true;
    CHECK_THAT(complaint_of(target), Contains("engine auto with decoder level-map"));
}

TEST_CASE("verify stream -- every changed, missing or repeated wiring row of any engine is found") {
    for (const Engine engine :
         {Engine::folded, Engine::spatial, Engine::serial, Engine::level, Engine::programmable})
        for (const Rail rail : RAILS)
            for (const bool shared : {false, true}) {
                const Case one =
                    compiled_case(rail, levels(3, shared), "auto", Activation::relu, engine);
                const auto sources = decode_sources(one.chip, one.configuration);
                const std::vector<uint32_t> good = expand(one.chip, one.configuration).words;
                const auto accepts = [&](std::vector<uint32_t> words) {
                    words.back() = crc_of_words(std::span(words).first(words.size() - 1));
                    try {
                        verify_stream(one.chip, one.configuration, sources, words);
                    } catch (const Error&) {
                        return false;
                    }
                    return true;
                };
                INFO(to_string(engine) << ", rail " << to_string(rail) << ", shared " << shared);
                REQUIRE(accepts(good));
                size_t first = LOAD_HEADER_WORDS;
                for (const LoadRecord& record : read_load_records(good)) {
                    const size_t at = first;
                    first += record.words;
                    if (record.rows.front().section != section_of(engine)) continue;
                    for (size_t word = at + LOAD_RECORD_WORDS; word < first; ++word)
                        for (const uint32_t bit : {0U, 1U, 31U}) {
                            std::vector<uint32_t> bad = good;
                            bad[word] ^= 1U << bit;
                            if (accepts(bad))
                                FAIL("word " << word << ", bit " << bit << " does not matter");
                        }
                    std::vector<uint32_t> twice = good, missing = good;
                    const auto begin = good.begin() + static_cast<std::ptrdiff_t>(at);
                    const auto end = good.begin() + static_cast<std::ptrdiff_t>(first);
                    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(at), begin, end);
                    missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(at),
                                  missing.begin() + static_cast<std::ptrdiff_t>(first));
                    CHECK_FALSE(accepts(twice));
                    CHECK_FALSE(accepts(missing));
                }
            }
}

}  // namespace permloom
