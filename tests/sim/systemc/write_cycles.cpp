#include "tests/sim/systemc/write_cycles.h"

#include <algorithm>

#include "compiler/base/bits.h"
#include "compiler/program/engine_plan.h"

namespace permloom::test {
namespace {

int lg(int count) {
    return ceil_log2(static_cast<uint64_t>(count));
}

}  // namespace

std::vector<int> write_cycles(const ChipLayer& layer, bool last) {
    const int post_op = last ? 0 : 3;
    std::vector<int> cycles;
    int issued = 0;  // cycles in which the neurons so far have been issued
    switch (layer.engine) {
        case Engine::folded: {
            const int depth = std::max(0, 2 * lg(layer.lines()) - 1);
            for (int j = 1; j <= layer.outputs; ++j)
                cycles.push_back(j * layer.passes() * (layer.bit_serial ? layer.in_bits : 1) - 1 +
                                 depth + lg(layer.lines()) + 4 + post_op);
            break;
        }
        case Engine::spatial: {
            const int depth = std::max(0, 2 * lg(layer.lines()) - 1);
            issued = layer.passes() * (layer.bit_serial ? layer.in_bits : 1);
            for (int j = 0; j < layer.outputs; ++j)
                cycles.push_back(issued - 1 + depth + lg(layer.lines()) + 5 + post_op +
                                 j / layer.lanes);
            break;
        }
        case Engine::serial:
            for (int first = 0; first < layer.outputs; first += layer.lanes) {
                const int end = std::min(first + layer.lanes, layer.outputs);
                int window = layer.lanes;
                for (int j = first; j < end; ++j)
                    window = std::max(window, static_cast<int>(live_slots(layer, j).size()));
                issued += window;
                for (int item = 0; item < end - first; ++item)
                    cycles.push_back(issued - 1 + 6 + post_op + item);
            }
            break;
        case Engine::level:
            issued = (layer.inputs + layer.lanes - 1) / layer.lanes;
            if (layer.rail == Rail::dual) issued *= 2;
            issued = std::max(issued, layer.outputs);
            for (int j = 0; j < layer.outputs; ++j)
                cycles.push_back(issued - 1 + lg(layer.lanes) + 5 + post_op + j);
            break;
        case Engine::programmable:
            for (int j = 0; j < layer.outputs; ++j) {
                if (j % layer.lanes == 0) issued += std::max(layer.inputs, layer.lanes);
                cycles.push_back(issued - 1 + 6 + post_op + j % layer.lanes);
            }
            break;
    }
    return cycles;
}

}  // namespace permloom::test
