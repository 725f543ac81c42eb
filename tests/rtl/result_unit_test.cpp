/// The class of an image: the first largest logit, whatever the logits are and however they come.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/rtl/bench.h"

using namespace permloom;

TEST_CASE("pl_result_unit -- the class is the first largest logit, also without a pause") {
    constexpr int IMAGES = 200;
    for (const int outputs : {1, 2, 3, 10, 17})
        for (const int pauses : {0, 1}) {
            INFO(outputs << " logits, pauses " << pauses);
            CHECK(test::simulate(
                      {.top = "result_unit_tb",
                       .parameters = {{"OUTPUTS", outputs}, {"IMAGES", IMAGES}, {"PAUSES", pauses}},
                       .macros = {},
                       .files = {}}) ==
                  fmt::format("{} words, 0 errors\n", IMAGES * (outputs + 1)));
        }
}
