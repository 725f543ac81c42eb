/// What travels between the modules of a physical layer.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/systemc/bundles.h"

namespace permloom::systemc {

/// Signals on the lines of the switch network, or at the slots behind it.
struct AnalogLines {
    Token token;
    uint32_t image = 0;           ///< its number, which its noise is drawn by
    std::vector<double> values;   ///< in steps of the input code
    std::vector<double> squares;  ///< what read noise grows with; empty where there is none
};

/// What a bank of devices adds up, in steps of a sum.
struct AnalogSum {
    Token token;
    uint32_t image = 0;
    double value = 0.0, variance = 0.0;
};

}  // namespace permloom::systemc
