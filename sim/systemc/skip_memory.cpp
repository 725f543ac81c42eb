#include "sim/systemc/skip_memory.h"

#include "compiler/program/engine_plan.h"
#include "sim/systemc/walk.h"

namespace permloom::systemc {
namespace {

ActivationBanks banks_of(const Chip& chip, size_t index) {
    const ChipLayer& added = chip.layers[static_cast<size_t>(*chip.layers[index].walk->skip)];
    const int values = added.output_size();
    return {values, values, 1, added.value_bits(), skip_banks(chip, index)};
}

}  // namespace

SkipMemory::SkipMemory(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : sc_module(name),
      neurons_(static_cast<uint32_t>(chip.layers[index].outputs)),
      values_(neurons_ * positions(chip.layers[index])),
      banks_(banks_of(chip, index)) {
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void SkipMemory::edge() {
    const Token& sum = sums->read().token;
    const bool writes = write->read().valid, advances = advance->read();
    const bool reads = sum.valid && enable->read();
    if (!rst_n->read()) {
        banks_.reset();
        rd_bank_ = done_bank_ = 0;
    } else if (writes || advances || reads) {
        if (reads) {
            const uint32_t at = sum.position * neurons_ + sum.neuron;
            out->next() = banks_[done_bank_].mem[at];
            if (at + 1 == values_) {
                banks_.release(done_bank_);
                done_bank_ = banks_.after(done_bank_);
            }
        }
        if (writes) banks_.take(write->read());
        if (advances) rd_bank_ = banks_.after(rd_bank_);
    } else {
        return;
    }
    in_ready->write(banks_.ready());
    out_valid->write(banks_[rd_bank_].full);
}

}  // namespace permloom::systemc
