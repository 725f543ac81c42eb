#include "sim/systemc/adder_level.h"

namespace permloom::systemc {

void AdderLevel::advance(const Terms& from, Terms& to) {
    const size_t pairs = from.values.size() / 2;
    to.values.resize(from.values.size() - pairs);
    for (size_t i = 0; i < pairs; ++i)
        to.values[i] = from.values[2 * i] + from.values[2 * i + 1];
    if (from.values.size() % 2 != 0) to.values.back() = from.values.back();
}

}  // namespace permloom::systemc
