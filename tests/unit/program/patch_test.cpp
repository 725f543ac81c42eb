#include "compiler/program/patch.h"

#include <catch2/catch.hpp>
#include <set>

#include "compiler/base/error.h"
#include "compiler/program/load_records.h"
#include "tests/support/random_chip.h"
#include "tests/unit/program/small_chip.h"

using namespace permloom;
using Catch::Contains;

namespace {

/// A full load with the rows of a patch written over its own.
std::vector<uint32_t> patched(std::vector<uint32_t> words, const std::vector<uint32_t>& patch) {
    for (const LoadRecord& change : records_of(patch))
        for (const LoadRecord& record : records_of(words)) {
            if (record.head[0] != change.head[0]) continue;
            const auto at = static_cast<size_t>(record.rows.data() - words.data()) +
                            (change.first - record.first) * record.row_words;
            std::ranges::copy(change.rows, words.begin() + static_cast<std::ptrdiff_t>(at));
        }
    words.pop_back();
    words.push_back(test::crc_of(words));
    return words;
}

Configuration with_one_bias(Configuration configuration, size_t layer, size_t neuron) {
    configuration.layers[layer].neurons[neuron].b ^= 0x55;
    return configuration;
}

}  // namespace

TEST_CASE("patch -- written over the load it was made for it gives the load that was wanted") {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        INFO("seed " << seed);
        Rng rng(seed);
        const Chip chip = test::random_chip(test::random_shape(rng), rng);
        const test::Wiring before = test::random_wiring(chip, rng);
        const test::Wiring after =
            test::partly_changed(chip, before, test::random_wiring(chip, rng), rng);
        const int context = chip.contexts - 1;
        const LoadStream held = expand(chip, before.configuration, context);
        const LoadStream wanted = expand(chip, after.configuration, context);
        const Patch patch = make_patch(held, wanted, held.words.back());
        CHECK(patched(held.words, patch.words) == wanted.words);
        CHECK(patch.words.back() ==
              test::crc_of(std::span(patch.words).first(patch.words.size() - 1)));
        size_t rows = 0;
        for (const LoadRecord& record : records_of(patch.words))
            rows += record.count();
        CHECK(rows == patch.rows);
    }
}

TEST_CASE("patch -- the header names kind, context and base") {
    const Chip chip = small_chip();
    const Configuration configuration = small_configuration(chip, "index", 5);
    const LoadStream held = expand(chip, configuration, 1);
    const LoadStream wanted = expand(chip, with_one_bias(configuration, 0, 1), 1);
    const Patch patch = make_patch(held, wanted, 0xabcd1234);
    CHECK(patch.words[0] == LOAD_MAGIC);
    CHECK(patch.words[1] == (1U | 1U << 8 | 1U << 16));
    CHECK(patch.words[2] == held.words[2]);
    CHECK(patch.words[3] == held.words[3]);
    CHECK(patch.words[4] == 0xabcd1234);
    CHECK(patch.words[5] == 0);
}

TEST_CASE("patch -- one changed bias is one row") {
    const Chip chip = small_chip();
    const Configuration configuration = small_configuration(chip, "index", 5);
    const LoadStream held = expand(chip, configuration);
    const Patch patch = make_patch(held, expand(chip, with_one_bias(configuration, 0, 1)), 7);
    CHECK(patch.rows == 1);
    REQUIRE(patch.words.size() == 6 + 3 + 4 + 2);
    CHECK(patch.words[6] == (0U | 2U << 16));
    CHECK(patch.words[7] == (1U | 1U << 16));
}

TEST_CASE("patch -- rows of one word with less than a head between them share a record") {
    const Chip chip = small_chip();
    const LoadStream held = expand(chip, small_configuration(chip, "index", 5));
    const auto records = records_of(held.words);
    const auto narrow = std::ranges::find_if(records, [](const LoadRecord& record) {
        return record.row_words == 1 && record.count() >= 3;
    });
    REQUIRE(narrow != records.end());
    LoadStream wanted = held;
    const auto at = narrow->rows.data() - held.words.data();
    wanted.words[static_cast<size_t>(at)] ^= 1;
    wanted.words[static_cast<size_t>(at) + 2] ^= 1;
    const Patch patch = make_patch(held, wanted, 7);
    CHECK(records_of(patch.words).size() == 1);
    CHECK(patch.rows == 3);
}

TEST_CASE("patch -- two equal configurations have none") {
    const Chip chip = small_chip();
    const LoadStream held = expand(chip, small_configuration(chip, "index", 5));
    CHECK_THROWS_WITH(make_patch(held, held, 7), Contains("load the same rows"));
}
