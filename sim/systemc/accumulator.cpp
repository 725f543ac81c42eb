#include "sim/systemc/accumulator.h"

namespace permloom::systemc {

void Accumulator::advance(const Terms& from, Total& to) {
    acc_ = (from.token.pass == 0 ? 0 : acc_) + from.values.front();
    to.value = acc_;
    to.token.valid = from.token.pass + 1 == passes_;
}

}  // namespace permloom::systemc
