#include "compiler/perm/cost_table.h"

#include <catch2/catch.hpp>

#include "compiler/base/rng.h"
#include "compiler/perm/code.h"

using namespace permloom;

TEST_CASE("cost table -- counts what the circuits and codes really have") {
    Rng rng(11);
    for (const auto& sizes : {std::vector<int32_t>{1}, std::vector<int32_t>(12, 1),
                              std::vector<int32_t>{7, 9}, std::vector<int32_t>{30, 1, 2, 4}}) {
        const DeviceClasses classes = classes_of_sizes(sizes);
        const int n = classes.slots();
        CAPTURE(n);
        const CostTable table =
            cost_table(classes, std::vector<uint8_t>(classes.of_slot.size(), 1), 1);
        CHECK(table.wirings_bound == Approx(wiring_bound_bits(classes)));
        CHECK(table.wirings_bound <= table.permutations_bound + 1e-9);
        REQUIRE(table.circuits.size() == all_circuits().size());
        REQUIRE(table.codes.size() == all_codes().size());
        const Permutation source = canonical(Permutation::random(n, rng), classes);
        for (size_t i = 0; i < table.circuits.size(); ++i) {
            const auto& row = table.circuits[i];
            CHECK(row.name == all_circuits()[i]->name());
            CHECK(row.cost.configuration_bits == all_circuits()[i]->route(source).bit_count());
            CHECK((1.0 + row.over_bound) * table.permutations_bound ==
                  Approx(n > 1 ? static_cast<double>(row.cost.configuration_bits) : 0.0));
        }
        for (size_t i = 0; i < table.codes.size(); ++i) {
            BitWriter out;
            all_codes()[i]->encode(source, classes, out);
            CHECK(out.bit_count() <= table.codes[i].bits);
            CHECK(table.codes[i].bits >= table.wirings_bound - 1e-9);
        }
    }
}

TEST_CASE("cost table -- registers shorten the latency to the stages between them") {
    const DeviceClasses classes = classes_of_sizes(std::vector<int32_t>(64, 1));
    for (const int every : {1, 2, 3, 11, 100}) {
        for (const auto& row : cost_table(classes, std::vector<uint8_t>(64, 1), every).circuits) {
            const int64_t stages = row.cost.depth;
            CHECK(row.latency - (row.cost.cycles - 1) == (stages + every - 1) / every);
        }
    }
    for (const auto& row :
         cost_table(classes, std::vector<uint8_t>(classes.of_slot.size(), 1), 1).circuits)
        if (row.name == "as-waksman") CHECK(row.latency == 11);
}

TEST_CASE("cost table -- open outputs take away what serves them alone") {
    const DeviceClasses classes = classes_of_sizes(std::vector<int32_t>(40, 1));
    for (const int open : {0, 1, 13, 40}) {
        std::vector<uint8_t> live(40, 1);
        std::fill_n(live.begin(), open, uint8_t{0});
        for (const auto& row : cost_table(classes, live, 1).circuits) {
            CAPTURE(row.name, open);
            if (open == 0) {
                CHECK(row.live_switches == row.cost.switches);
                CHECK(row.live_bits == row.cost.configuration_bits);
                CHECK(row.one_sided == 0);
            } else {
                CHECK(row.live_bits <= row.cost.configuration_bits);
                CHECK((row.one_sided > 0 || row.live_bits < row.cost.configuration_bits));
                CHECK((row.live_bits > 0) == (open < 40));
            }
            if (open == 40) CHECK(row.live_bits + row.live_switches + row.one_sided == 0);
            if (row.name == "crossbar") CHECK(row.live_switches == 40 * (40 - open));
        }
    }
}
