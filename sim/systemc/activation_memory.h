/// The two-bank memory in front of a layer that reads its inputs by address.
#pragma once

#include <cstdint>

#include "sim/systemc/activation_banks.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// The ports of the memory. Their read registers are in the stage that reads.
class BankInterface : virtual public sc_core::sc_interface {
  public:
    /// The elements of a bank, to be read between its `advance` and the cycle of its `release`;
    /// those beyond the last are of no meaning.
    virtual const Codes& bank(size_t index) const = 0;
};

using BankIn = sc_core::sc_port<BankInterface>;

class ActivationMemory final : public sc_core::sc_module, public BankInterface {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    In<Write> write{"write"};
    sc_core::sc_out<bool> in_ready{"in_ready"};
    sc_core::sc_out<bool> out_valid{"out_valid"};
    sc_core::sc_out<uint8_t> out_ctx{"out_ctx"}, out_bank{"out_bank"};
    sc_core::sc_in<bool> advance{"advance"};  ///< the layer goes over to the other bank
    sc_core::sc_in<bool> release{"release"};  ///< the bank that it left first is free again

    /// Reads reach the elements 0 .. `readable` - 1.
    ActivationMemory(const sc_core::sc_module_name& name, int elements, int readable, int lanes,
                     int bits);

    const Codes& bank(size_t index) const override { return banks_[index].mem; }

  private:
    SC_HAS_PROCESS(ActivationMemory);
    void edge();

    ActivationBanks banks_;
    size_t rd_bank_ = 0, done_bank_ = 0;
};

}  // namespace permloom::systemc
