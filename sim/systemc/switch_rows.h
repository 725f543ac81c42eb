/// The memory of the switch bits of one stage of a network.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/systemc/bundles.h"

namespace permloom::systemc {

class SwitchRows {
  public:
    /// `rows` = contexts x neurons, of `switches` bits each.
    SwitchRows(uint32_t layer, uint8_t stage, size_t switches, size_t rows);

    /// Takes a row of the load stream, if it is one of this stage.
    void store(const Row& row);
    /// The bits of a row, switch 0 in the lowest bit of the first word.
    const uint32_t* bits(size_t row) const { return memory_.data() + row * words_; }
    size_t words() const { return words_; }  ///< of a row

  private:
    uint32_t layer_;
    uint8_t stage_;
    size_t switches_, words_;
    std::vector<uint32_t> memory_;  ///< rows x words_
};

}  // namespace permloom::systemc
