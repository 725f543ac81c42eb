/// The mutation check takes hours; that its changes still fit the cells is seen in a moment.
#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/emit/rtl_design.h"
#include "tools/dev/rtl_mutations.h"

using namespace permloom;

TEST_CASE("mutations -- every change finds its place in the cells of today") {
    for (const RtlMutation& mutation : all_rtl_mutations()) {
        INFO(mutation.name);
        RtlDesign design;
        for (const EmittedFile& cell : rtl_cells())
            design.sources.push_back({cell.name, cell.text});
        design.sources.push_back({"permloom_top.sv", emit_top(Scene(mutation.scene).chip)});
        CHECK_NOTHROW(apply(mutation, design));
        CHECK(mutation.find != mutation.replace);
    }
}

TEST_CASE("mutations -- a change that fits nowhere, or twice, is refused") {
    RtlDesign design;
    design.sources = {{"pl_a.sv", "a <= b; a <= b;"}};
    CHECK_THROWS_AS(apply({"twice", "pl_a.sv", "a <= b", "a <= c"}, design), InvariantError);
    CHECK_THROWS_AS(apply({"nowhere", "pl_a.sv", "b <= a", "a <= c"}, design), InvariantError);
    CHECK_THROWS_AS(apply({"no such cell", "pl_b.sv", "a", "b"}, design), InvariantError);
}
