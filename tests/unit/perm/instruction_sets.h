/// Runs what is compiled for several instruction sets with each that this machine has.
#pragma once

#include <hwy/targets.h>
#include <catch2/catch.hpp>

namespace permloom {

template <class Body>
void with_each_instruction_set(Body body) {
    const int64_t supported = hwy::SupportedTargets();
    for (int64_t rest = supported; rest != 0; rest &= rest - 1) {
        hwy::SetSupportedTargetsForTest(rest & -rest);
        INFO("instruction set " << hwy::TargetName(rest & -rest));
        body();
    }
    hwy::SetSupportedTargetsForTest(0);
}

}  // namespace permloom
