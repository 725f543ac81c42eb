#include "sim/systemc/activation_banks.h"

#include <algorithm>

namespace permloom::systemc {

ActivationBanks::ActivationBanks(int elements, int readable, int lanes, int bits, int banks)
    : elements_(static_cast<size_t>(elements)),
      lanes_(static_cast<size_t>(lanes)),
      bits_(bits),
      banks_(static_cast<size_t>(banks)) {
    for (Bank& bank : banks_)
        bank.mem.resize(static_cast<size_t>(readable));
}

void ActivationBanks::reset() {
    for (Bank& bank : banks_)
        bank.full = false;
    wr_bank_ = 0;
}

void ActivationBanks::take(const Write& in) {
    Bank& bank = banks_[wr_bank_];
    const size_t from = in.addr * lanes_;
    const size_t count = std::min(lanes_, elements_ - from);
    const uint64_t mask = (uint64_t{1} << bits_) - 1;
    for (size_t lane = 0; lane < count; ++lane) {
        bank.mem[from + lane] =
            static_cast<uint16_t>((in.data >> (lane * static_cast<size_t>(bits_))) & mask);
    }
    if (in.last) {
        bank.full = true;
        bank.ctx = in.ctx;
        wr_bank_ = after(wr_bank_);
    }
}

}  // namespace permloom::systemc
