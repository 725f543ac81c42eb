/// The control port where a whole chip does not get in a simulation.
#include <catch2/catch.hpp>

#include "tests/rtl/bench.h"

using namespace permloom;

TEST_CASE("pl_axi_lite -- cycles carry into their high word, and both are read as of one cycle") {
    CHECK(test::simulate(
              {.top = "axi_lite_tb", .parameters = {{"CARRIES", 24}}, .macros = {}, .files = {}}) ==
          "24 carries, high word 24, 0 errors\n");
}
