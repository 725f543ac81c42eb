/// What the configuration port answers to broken loads: compiler/program/FORMAT.md.
#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/program/engine_plan.h"
#include "sim/systemc/systemc_device.h"
#include "tests/sim/systemc/host.h"
#include "tests/sim/systemc/walking.h"

namespace permloom::test {
namespace {

using Words = std::vector<uint32_t>;

int code(LoadError error) {
    return static_cast<int>(error);
}

uint32_t record_word(uint32_t layer, uint32_t section, uint32_t stage) {
    return layer | section << 16 | stage << 24;
}

const ChipShape FOLDED{.inputs = 4, .layers = {{3}, {2, Rail::dual}}};
const ChipShape SERIAL{.inputs = 6, .layers = {{5, Rail::dual, false, Engine::serial, 2}, {2}}};
const ChipShape LEVEL{.inputs = 20, .layers = {{4, Rail::split, false, Engine::level, 16}, {2}}};
const ChipShape PROGRAMMABLE{.inputs = 5,
                             .layers = {{5, Rail::dual, false, Engine::programmable, 2}, {2}}};
const ChipShape CODED{
    .inputs = 20,
    .layers = {{5, Rail::dual, true, Engine::serial, 2, false, Decoder::level_map}, {2}}};
const ChipShape SMALL{.inputs = 3, .layers = {{2}, {2, Rail::split}}};
const ChipShape SMALL_SERIAL{
    .inputs = 3, .layers = {{2, Rail::dual, false, Engine::serial, 2}, {2, Rail::split}}};
const ChipShape SMALL_LEVEL{.inputs = 3,
                            .layers = {{2, Rail::dual, false, Engine::level, 2}, {2, Rail::split}}};
const ChipShape SMALL_PROGRAMMABLE{
    .inputs = 3, .layers = {{2, Rail::dual, false, Engine::programmable, 2}, {2, Rail::split}}};

uint32_t first_adder(const Chip& chip) {
    return static_cast<uint32_t>(std::ranges::find_if(chip.layers, &ChipLayer::adds) -
                                 chip.layers.begin());
}

/// A chip of two contexts, a good load for each, and a host at the device.
struct Fixture {
    explicit Fixture(uint64_t seed, const ChipShape& shape = FOLDED) : Fixture(Rng(seed), shape) {}
    Fixture(Rng seeded, const ChipShape& shape) : Fixture(random_chip(shape, seeded), seeded) {}
    Fixture(Chip made, const Rng& seeded)
        : rng(seeded),
          chip(std::move(made)),
          wiring(random_wiring(chip, rng)),
          device(make_systemc_device(chip)),
          host(chip, *device) {}

    Words words(int context) const { return wiring.words(chip, context); }
    /// The header of a good load for the last context.
    Words header() const {
        Words all = words(chip.contexts - 1);
        all.resize(6);
        return all;
    }
    void load(const Words& stream) {
        host.load(stream);
        host.finish_load();
    }
    int error() const { return host.pins().load_error; }
    int valid() const { return host.pins().ctx_valid; }
    /// A good load works in spite of what was before.
    void check_recovery(int context) {
        load(words(context));
        CHECK(error() == 0);
        CHECK(((valid() >> context) & 1) == 1);
    }
    /// The last word of each of these, words of a record's head, is error 5 and costs context 1,
    /// which the load is for, alone.
    void check_bad_records(const std::vector<Words>& heads) {
        load(words(0));
        load(words(1));
        REQUIRE(valid() == 3);
        for (const Words& head : heads) {
            for (const bool cut : {false, true}) {  // the bad word last, or more words behind it
                INFO("record " << head[0] << ", words " << head.size() << ", cut " << cut);
                Words bad = header();
                bad.insert(bad.end(), head.begin(), head.end());
                if (!cut) bad.insert(bad.end(), 5, 0x00ff0000);
                load(bad);
                CHECK(error() == code(LoadError::record));
                CHECK(valid() == 1);
                check_recovery(1);
                CHECK(valid() == 3);
            }
        }
    }
    void check_image() {
        const Image image = random_image(chip, rng);
        const size_t before = host.packets().size();
        host.send(image);
        host.collect(before + 1);
        check_packet(host.packets().back(), wiring.infer(chip, image));
    }

    Rng rng;
    Chip chip;
    Wiring wiring;
    std::unique_ptr<Device> device;
    Host host;
};

}  // namespace

TEST_CASE("loading -- each header field is refused by its own code and nothing is touched") {
    struct Case {
        size_t word;
        uint32_t flip;
        LoadError error;
    };
    const std::vector<Case> cases = {
        {0, 1U, LoadError::magic},        {0, 1U << 31, LoadError::magic},
        {1, 2U, LoadError::version},      {1, 3U | 0xff00U, LoadError::version},
        {1, 2U << 8, LoadError::header},  {1, 0x80U << 8, LoadError::header},
        {1, 1U << 16, LoadError::base},   {1, 2U << 16, LoadError::header},
        {1, 1U << 24, LoadError::header}, {1, 1U << 31, LoadError::header},
        {2, 1U, LoadError::fingerprint},  {2, 1U << 31, LoadError::fingerprint},
        {3, 1U, LoadError::fingerprint},  {3, 1U << 31, LoadError::fingerprint},
        {4, 1U << 5, LoadError::header},  {5, 1U << 31, LoadError::header}};
    Fixture f(1);
    f.load(f.words(1));
    REQUIRE(f.valid() == 2);
    for (const Case& c : cases) {
        INFO("word " << c.word << " flip " << c.flip);
        Words bad = f.words(1);
        bad[c.word] ^= c.flip;
        f.load(bad);
        CHECK(f.error() == code(c.error));
        CHECK(f.valid() == 2);
        f.check_recovery(1);
    }
}

TEST_CASE(
    "loading -- an error shows in the cycle after its word and goes with the next first word") {
    Fixture f(2);
    Words bad = f.header();
    bad[3] ^= 1;
    f.host.load(bad);
    for (int word = 0; word < 4; ++word)
        CHECK(f.host.step().load_error == 0);
    CHECK(f.host.step().load_error == code(LoadError::fingerprint));
    f.host.until([&] { return f.host.words_left() == 0; });
    for (int wait = 0; wait < 5; ++wait) {
        CHECK(f.host.step().load_error == code(LoadError::fingerprint));
    }
    f.host.load(f.words(0));
    CHECK(f.host.step().load_error == code(LoadError::fingerprint));
    CHECK(f.host.step().load_error == 0);
}

TEST_CASE("loading -- a malformed record is error 5 and costs its context alone") {
    Fixture f(3);
    const uint32_t neurons = 3;
    const uint32_t row_words = 1;
    f.check_bad_records({
        {record_word(0, 0, 0)},  // unknown sections
        {record_word(0, 9, 0)},
        {record_word(0, 254, 0)},
        {record_word(0, 5, 0)},  // wiring of other engines
        {record_word(0, 6, 0)},
        {record_word(0, 7, 0)},
        {record_word(0, 8, 0)},
        {record_word(2, 1, 0)},  // no such layer
        {record_word(0xffff, 2, 0)},
        {record_word(2, 3, 0)},
        {record_word(0, 1, 3)},  // no such stage: D = 3
        {record_word(0, 1, 255)},
        {record_word(1, 1, 5)},  // D = 5 on 6 lines
        {record_word(0, 2, 1)},  // stage where there is none
        {record_word(0, 3, 1)},
        {record_word(0, 4, 1)},
        {record_word(1, 4, 0)},    // classes belong to layer 0
        {record_word(1, 255, 0)},  // end marker with other bits
        {record_word(0, 255, 1)},
        {record_word(0, 1, 0), 0},                    // no rows
        {record_word(0, 1, 0), (neurons + 1) << 16},  // too many
        {record_word(0, 2, 0), (neurons << 16) | 1},
        {record_word(0, 2, 0), (1U << 16) | neurons},
        {record_word(0, 1, 0), 0xffffffff},
        {record_word(0, 3, 0), (1U << 16) | 1},  // per layer: first 0, count 1
        {record_word(0, 3, 0), 2U << 16},
        {record_word(0, 4, 0), (1U << 16) | 1},
        {record_word(0, 4, 0), 2U << 16},
        {record_word(0, 1, 0), neurons << 16, row_words + 1},  // wrong row lengths
        {record_word(0, 1, 0), neurons << 16, 0},
        {record_word(0, 2, 0), neurons << 16, 3},
        {record_word(0, 3, 0), 1U << 16, 4},
        {record_word(0, 4, 0), 1U << 16, 2},
        {record_word(0, 1, 0), neurons << 16, row_words | 1U << 16},  // reserved bits
        {record_word(0, 2, 0), neurons << 16, 4 | 1U << 31},
    });
}

TEST_CASE("loading -- a malformed record of engine serial is error 5") {
    Fixture f(3, SERIAL);
    const auto rows = static_cast<uint32_t>(engine_plan(f.chip.layers[0]).wiring_rows);
    f.check_bad_records({
        {record_word(0, 1, 0)},  // wiring of other engines
        {record_word(0, 6, 0)},
        {record_word(1, 5, 0)},
        {record_word(0, 5, 2)},  // lanes 0 and 1 alone
        {record_word(0, 5, 255)},
        {record_word(0, 5, 1), 0},  // no rows, too many
        {record_word(0, 5, 1), (rows + 1) << 16},
        {record_word(0, 5, 1), (rows << 16) | 1},
        {record_word(0, 5, 1), (1U << 16) | rows},
        {record_word(0, 2, 0), (1U << 16) | 5},  // registers by neuron, of which there are 5
        {record_word(0, 5, 1), rows << 16, 0},
        {record_word(0, 5, 1), rows << 16, 2},
        {record_word(0, 5, 1), rows << 16, 1 | 1U << 16},
    });
}

TEST_CASE("loading -- a malformed record of codes is error 5") {
    Fixture f(3, CODED);
    const auto words = static_cast<uint32_t>(code_words(f.chip.layers[0]));
    REQUIRE(words > 1);
    f.check_bad_records({
        {record_word(0, 1, 0)},  // other wiring
        {record_word(0, 5, 0)},
        {record_word(1, 8, 0)},
        {record_word(0, 8, 1)},     // one stage
        {record_word(0, 8, 0), 0},  // no rows, more than neurons
        {record_word(0, 8, 0), 6U << 16},
        {record_word(0, 8, 0), (5U << 16) | 1},
        {record_word(0, 8, 0), (1U << 16) | 5},
        {record_word(0, 8, 0), 5U << 16, words - 1},
        {record_word(0, 8, 0), 5U << 16, words + 1},
        {record_word(0, 8, 0), 5U << 16, words | 1U << 16},
    });
}

TEST_CASE("loading -- a wrong code is error 11, the rest of the packet is dropped") {
    Fixture f(3, CODED);
    const Words good = f.words(1);
    REQUIRE(good[6] == record_word(0, 8, 0));
    const uint32_t words = good[8];
    f.load(f.words(0));
    for (uint32_t neuron = 0; neuron < 5; ++neuron)
        for (const bool padding : {false, true}) {
            INFO("neuron " << neuron << ", padding " << padding);
            // A class more and one less; a bit behind the code.
            Words bad = good;
            const size_t row = 9 + neuron * words;
            if (padding)
                bad[row + words - 1] ^= 1U << 31;
            else
                bad[row] ^= 1U;
            bad.back() = crc_of(std::span(bad).first(bad.size() - 1));
            f.load(bad);
            CHECK(f.error() == code(LoadError::code));
            CHECK(f.valid() == 1);
            f.check_image();
        }
    f.check_recovery(1);
    // A digit beyond what it may be.
    Fixture g(
        3,
        {.inputs = 6,
         .layers = {{2, Rail::single, true, Engine::serial, 1, false, Decoder::factorial_stream}}});
    Words bad = g.words(0);
    bad[9] |= 3U << 1;  // digit 2 is 3
    bad.back() = crc_of(std::span(bad).first(bad.size() - 1));
    g.load(bad);
    CHECK(g.error() == code(LoadError::code));
    CHECK(g.valid() == 0);
    g.check_recovery(0);
    g.check_image();
}

TEST_CASE("loading -- a code cut short is forgotten, the next one begins anew") {
    Fixture f(3, CODED);
    const Words good = f.words(1);
    for (size_t length = 10; length < 9 + 5 * good[8]; ++length) {
        f.load(Words(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)));
        CHECK(f.error() == code(LoadError::truncated));
        f.check_recovery(0);
        f.check_image();
    }
}

TEST_CASE("loading -- a malformed record of engine level is error 5") {
    Fixture f(3, LEVEL);
    REQUIRE(level_bits(f.chip.layers[0]) == 3);
    const uint32_t rows = 2, row_words = 2;  // 20 inputs, 16 a step, 3 bits each
    f.check_bad_records({
        {record_word(0, 1, 0)},  // wiring of other engines
        {record_word(0, 5, 0)},
        {record_word(1, 6, 0)},
        {record_word(0, 6, 4)},  // neurons 0 to 3 alone
        {record_word(0, 6, 255)},
        {record_word(0, 6, 3), 0},  // no rows, too many
        {record_word(0, 6, 3), (rows + 1) << 16},
        {record_word(0, 6, 3), (rows << 16) | 1},
        {record_word(0, 6, 3), (1U << 16) | rows},
        {record_word(0, 2, 0), (1U << 16) | 4},  // registers by neuron, of which there are 4
        {record_word(0, 6, 3), rows << 16, row_words - 1},
        {record_word(0, 6, 3), rows << 16, row_words + 1},
        {record_word(0, 6, 3), rows << 16, row_words | 1U << 16},
    });
}

TEST_CASE("loading -- a malformed record of engine programmable is error 5") {
    Fixture f(3, PROGRAMMABLE);
    const uint32_t rows = 2;  // 15 weights of a lane, 8 of 4 bits a row
    f.check_bad_records({
        {record_word(0, 1, 0)},  // wiring of other engines
        {record_word(0, 5, 0)},
        {record_word(0, 6, 0)},
        {record_word(1, 7, 0)},
        {record_word(0, 7, 2)},  // lanes 0 and 1 alone
        {record_word(0, 7, 255)},
        {record_word(0, 7, 1), 0},  // no rows, too many
        {record_word(0, 7, 1), (rows + 1) << 16},
        {record_word(0, 7, 1), (rows << 16) | 1},
        {record_word(0, 7, 1), (1U << 16) | rows},
        {record_word(0, 2, 0), (1U << 16) | 5},  // registers by neuron, of which there are 5
        {record_word(0, 7, 1), rows << 16, 0},
        {record_word(0, 7, 1), rows << 16, 2},
        {record_word(0, 7, 1), rows << 16, 1 | 1U << 16},
    });
}

TEST_CASE("loading -- a record for lanes without entries is error 5") {
    Rng rng(4);
    Chip chip = random_chip(SERIAL, rng);
    std::fill(chip.layers[0].devices.begin(), chip.layers[0].devices.end(), 0);
    Fixture f(std::move(chip), rng);
    f.check_recovery(0);
    f.check_image();
    Words bad = f.header();
    bad.push_back(record_word(0, 5, 0));
    f.load(bad);
    CHECK(f.error() == code(LoadError::record));
}

TEST_CASE("loading -- the registers of a layer that adds are a row of four words") {
    Rng rng(13);
    Chip chip = rich_walking_chip(rng);
    const uint32_t adds = first_adder(chip);
    Fixture f(std::move(chip), rng);
    f.check_bad_records({
        {record_word(adds, 3, 0), 1U << 16, 3},
        {record_word(adds, 3, 0), 1U << 16, 5},
        {record_word(0, 3, 0), 1U << 16, 4},
    });
}

TEST_CASE("loading -- of m2 17 bits are stored, signed") {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        Rng rng(seed);
        Chip chip = rich_walking_chip(rng);
        const uint32_t adds = first_adder(chip);
        Fixture f(std::move(chip), rng);
        Words noisy = f.words(0);
        const Words head = {record_word(adds, 3, 0), 1U << 16, 4};
        const auto record = std::ranges::search(noisy, head).begin();
        REQUIRE(record != noisy.end());
        record[6] ^= 0xfffe0000;
        noisy.pop_back();
        noisy.push_back(crc_of(noisy));
        f.load(noisy);
        REQUIRE(f.error() == 0);
        const Image image = random_image(f.chip, f.rng);
        f.host.send(image);
        f.host.collect(1);
        const Expected expected = f.wiring.infer(f.chip, image);
        for (size_t k = 0; k < expected.written[adds].size(); ++k)
            CHECK(f.host.written()[adds][k].value == expected.written[adds][k]);
    }
}

TEST_CASE("loading -- a missing row of entries, levels or weights is error 6") {
    for (const ChipShape& shape : {SERIAL, LEVEL, PROGRAMMABLE}) {
        Fixture f(5, shape);
        const Words good = f.words(0);
        const uint32_t count = good[7] >> 16, length = good[8];
        // The first record is one row short.
        Words few = good;
        few[7] = (count - 1) << 16;
        few.erase(few.begin() + 9, few.begin() + 9 + length);
        few.resize(few.size() - 1);
        few.push_back(crc_of(few));
        f.load(few);
        CHECK(f.error() == code(LoadError::incomplete));
        CHECK(f.valid() == 0);
        f.check_recovery(0);
    }
}

TEST_CASE("loading -- bits of entries, levels and weights that nothing stores are ignored") {
    const std::vector<std::pair<ChipShape, uint32_t>> cases = {
        // 4 inputs: the entry's low 2 bits, and bit 31 on rail dual alone.
        {{.inputs = 4, .layers = {{5, Rail::single, false, Engine::serial, 2}}}, ~3U},
        {{.inputs = 4, .layers = {{5, Rail::dual, false, Engine::serial, 2}}}, ~(3U | 1U << 31)},
        // 4 levels of 3 bits; of them those of inputs 0 and 1 in the second step.
        {{.inputs = 6, .layers = {{5, Rail::single, false, Engine::level, 4}}}, ~0xfffU},
        // 8 weights of 3 bits.
        {{.inputs = 4, .layers = {{5, Rail::single, false, Engine::programmable, 2}}}, ~0xffffffU}};
    for (const auto& [shape, ignored] : cases) {
        Fixture f(6, shape);
        Words noisy = f.words(0);
        for (size_t at = 6; (noisy[at] & 0xff0000) >> 16 > 4;) {
            const uint32_t count = noisy[at + 1] >> 16;
            for (size_t row = 0; row < count; ++row)
                noisy[at + 3 + row] ^= static_cast<uint32_t>(f.rng.next()) & ignored;
            at += 3 + count;
        }
        noisy.pop_back();
        noisy.push_back(crc_of(noisy));
        f.load(noisy);
        REQUIRE(f.error() == 0);
        for (int i = 0; i < 4; ++i)
            f.check_image();
    }
}

TEST_CASE("loading -- a record for a network of one line is error 5") {
    Fixture f(4, {.inputs = 1, .layers = {{2}}});
    f.check_recovery(0);
    Words bad = f.header();
    bad.push_back(record_word(0, 1, 0));
    f.load(bad);
    CHECK(f.error() == code(LoadError::record));
}

TEST_CASE("loading -- tlast anywhere before the CRC word is error 7") {
    for (const ChipShape& shape : {FOLDED, SERIAL, LEVEL, PROGRAMMABLE}) {
        Fixture f(5, shape);
        f.load(f.words(0));
        const Words good = f.words(1);
        for (size_t length = 1; length < good.size(); ++length) {
            INFO("cut after " << length << " words");
            f.load(Words(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)));
            CHECK(f.error() == code(LoadError::truncated));
            CHECK(f.valid() == 1);
            // The chip is back at the first word of a load.
            CHECK(f.host.pins().cfg_tready);
        }
        f.check_recovery(1);
    }
}

TEST_CASE("loading -- a header cut short leaves its context valid") {
    Fixture f(6);
    f.load(f.words(0));
    f.load(f.words(1));
    for (size_t length = 1; length <= 6; ++length) {
        Words cut = f.header();
        cut.resize(length);
        f.load(cut);
        CHECK(f.error() == code(LoadError::truncated));
        CHECK(f.valid() == 3);
    }
}

TEST_CASE("loading -- a word's own error comes before truncated") {
    Fixture f(7);
    const auto with_last = [&](Words words, size_t bad_word, uint32_t flip) {
        words.resize(bad_word + 1);
        words.back() ^= flip;
        f.load(words);
        return f.error();
    };
    const Words good = f.words(0);
    CHECK(with_last(good, 0, 1) == code(LoadError::magic));
    CHECK(with_last(good, 1, 2) == code(LoadError::version));
    CHECK(with_last(good, 3, 1) == code(LoadError::fingerprint));
    CHECK(with_last(good, 5, 1) == code(LoadError::header));
    CHECK(with_last(good, 6, 0x00ee0000) == code(LoadError::record));
    Words short_load = f.words(0);
    short_load.resize(6);
    short_load.push_back(0x00ff0000);
    f.load(short_load);
    CHECK(f.error() == code(LoadError::incomplete));
    f.check_recovery(0);
}

TEST_CASE("loading -- a load with a row too few or too many is error 6") {
    Fixture f(8);
    const Words good = f.words(0);
    const Words classes(good.end() - 6, good.end() - 2);
    REQUIRE(classes[0] == record_word(0, 4, 0));

    Words few(good.begin(), good.end() - 6);
    few.push_back(0x00ff0000);
    few.push_back(crc_of(few));
    f.load(few);
    CHECK(f.error() == code(LoadError::incomplete));
    CHECK(f.valid() == 0);

    Words many(good.begin(), good.end() - 2);
    many.insert(many.end(), classes.begin(), classes.end());
    many.push_back(0x00ff0000);
    many.push_back(crc_of(many));
    f.load(many);
    CHECK(f.error() == code(LoadError::incomplete));
    CHECK(f.valid() == 0);
    f.check_recovery(0);
}

TEST_CASE("loading -- records in another order, cut into single rows, load as well") {
    for (const ChipShape& shape : {FOLDED, SERIAL, LEVEL, PROGRAMMABLE}) {
        Fixture f(9, shape);
        const Words good = f.words(0);
        // Take the records apart into records of one row each, last one first.
        Words again = f.header();
        again[1] = good[1];
        std::vector<Words> rows;
        for (size_t at = 6; good[at] != 0x00ff0000;) {
            const uint32_t first = good[at + 1] & 0xffff, count = good[at + 1] >> 16;
            const uint32_t length = good[at + 2];
            for (uint32_t i = 0; i < count; ++i) {
                Words row = {good[at], (first + i) | 1U << 16, length};
                const auto data = good.begin() + static_cast<std::ptrdiff_t>(at + 3 + i * length);
                row.insert(row.end(), data, data + length);
                rows.push_back(row);
            }
            at += 3 + count * length;
        }
        std::reverse(rows.begin(), rows.end());
        for (const Words& row : rows)
            again.insert(again.end(), row.begin(), row.end());
        again.push_back(0x00ff0000);
        again.push_back(crc_of(again));
        f.load(again);
        REQUIRE(f.error() == 0);
        const Image image = random_image(f.chip, f.rng);
        f.host.send(image);
        f.host.collect(1);
        check_packet(f.host.packets()[0], f.wiring.infer(f.chip, image));
    }
}

TEST_CASE("loading -- a CRC word without tlast is error 8, a wrong one error 9") {
    Fixture f(10);
    for (const bool wrong : {false, true}) {
        Words words = f.words(0);
        const size_t crc = words.size() - 1;
        if (wrong) words[crc] ^= 1U << 13;
        words.insert(words.end(), 3, 0x314d4c50);  // taken and dropped, magic word or not
        f.host.load_with_last(words, crc + 3);
        f.host.until([&] { return f.host.words_left() == 3; });
        const LoadError expected = wrong ? LoadError::checksum : LoadError::overrun;
        for (int more = 0; more < 4; ++more) {
            CHECK(f.host.step().load_error == code(expected));
            CHECK(f.valid() == 0);
        }
        f.check_recovery(0);
        f.host.reset();
    }
    Words words = f.words(0);
    words.back() ^= 1U << 31;
    f.load(words);
    CHECK(f.error() == code(LoadError::checksum));
    CHECK(f.valid() == 0);
    f.check_recovery(0);
}

TEST_CASE("loading -- a flipped bit in any word is found while the other context keeps running") {
    for (const ChipShape& shape : {SMALL, SMALL_SERIAL, SMALL_LEVEL, SMALL_PROGRAMMABLE}) {
        Fixture f(11, shape);
        const Words good = f.words(1);
        f.load(f.words(0));
        std::vector<Expected> expected;
        const auto feed = [&] {
            const Image image = random_image(f.chip, f.rng);
            f.host.send(image);
            expected.push_back(f.wiring.infer(f.chip, image));
        };
        for (size_t word = 0; word < good.size(); ++word) {
            for (int again = 0; again < 3; ++again) {
                const uint32_t flip = 1U << f.rng.below(32);
                // Bit 8 of word 1 names the other context: that is another load, refused below.
                if (word == 1 && flip == 1U << 8) continue;
                INFO("word " << word << " flip " << flip);
                Words bad = good;
                bad[word] ^= flip;
                for (int i = 0; i < 4; ++i)
                    feed();
                f.load(bad);
                CHECK(f.error() != 0);
                CHECK(f.valid() == 1);
            }
        }
        f.check_recovery(1);
        f.host.collect(expected.size());
        for (size_t i = 0; i < expected.size(); ++i)
            check_packet(f.host.packets()[i], expected[i]);

        Words bad = good;
        bad[1] ^= 1U << 8;
        f.load(bad);
        CHECK(f.error() == code(LoadError::checksum));
        CHECK(f.valid() == 2);
    }
}

TEST_CASE("loading -- with one context a failed load leaves the chip unconfigured and silent") {
    Fixture f(12, {.inputs = 3, .layers = {{2}}, .contexts = 1});
    f.load(f.words(0));
    Words bad = f.words(0);
    bad[bad.size() - 3] ^= 1;
    f.load(bad);
    CHECK(f.error() == code(LoadError::checksum));
    CHECK(f.valid() == 0);
    const Image image = random_image(f.chip, f.rng);
    f.host.send(image);
    for (int t = 0; t < 200; ++t) {
        CHECK_FALSE(f.host.step().pix_tready);
        CHECK_FALSE(f.host.pins().res_tvalid);
    }
    CHECK(f.host.packets().empty());
    f.check_recovery(0);
    f.host.collect(1);
    check_packet(f.host.packets()[0], f.wiring.infer(f.chip, image));
}

}  // namespace permloom::test
