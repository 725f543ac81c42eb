/// The banks of an image buffer and their write side, the same whoever reads them.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/systemc/bundles.h"

namespace permloom::systemc {

/// The producer writes `lanes` elements of `bits` bits at a time into one bank while the layer
/// reads another, so the two sides never meet.
class ActivationBanks {
  public:
    struct Bank {
        Codes mem;
        bool full = false;
        uint8_t ctx = 0;
    };

    /// `readable` >= `elements`: what is beyond them can be read, but is not written.
    ActivationBanks(int elements, int readable, int lanes, int bits, int banks = 2);

    void reset();
    bool ready() const { return !banks_[wr_bank_].full; }
    /// Only while `ready`.
    void take(const Write& in);
    const Bank& operator[](size_t bank) const { return banks_[bank]; }
    void release(size_t bank) { banks_[bank].full = false; }
    /// The bank that comes after `bank`.
    size_t after(size_t bank) const { return bank + 1 == banks_.size() ? 0 : bank + 1; }

  private:
    size_t elements_, lanes_;
    int bits_;
    std::vector<Bank> banks_;
    size_t wr_bank_ = 0;
};

}  // namespace permloom::systemc
