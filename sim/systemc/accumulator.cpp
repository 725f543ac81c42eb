#include "sim/systemc/accumulator.h"

#include <algorithm>
#include <functional>

namespace permloom::systemc {

bool Accumulator::goes_on(const Terms& from) {
    if (from.token.first)
        acc_ = 0;
    else if (bit_serial_ && from.token.pass == 0)
        acc_ *= 2;  // the planes so far weigh twice the next one
    acc_ += from.values.front();
    return from.token.last;
}

void Accumulator::advance(const Terms&, Total& to) {
    to.value = acc_;
}

Accumulators::Accumulators(const sc_core::sc_module_name& name, int count, bool bit_serial)
    : PipelineStage(name), bit_serial_(bit_serial), acc_(static_cast<size_t>(count)) {}

bool Accumulators::goes_on(const Terms& from) {
    if (from.token.first) {
        acc_ = from.values;
    } else {
        if (bit_serial_ && from.token.pass == 0)
            for (int32_t& sum : acc_)
                sum *= 2;
        std::ranges::transform(acc_, from.values, acc_.begin(), std::plus{});
    }
    return from.token.last;
}

void Accumulators::advance(const Terms&, Terms& to) {
    to.values = acc_;
}

}  // namespace permloom::systemc
