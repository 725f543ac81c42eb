#include "sim/systemc/switch_rows.h"

#include <algorithm>

namespace permloom::systemc {

SwitchRows::SwitchRows(uint32_t layer, uint8_t stage, size_t switches, size_t rows)
    : layer_(layer),
      stage_(stage),
      switches_(switches),
      words_((switches + 31) / 32),
      memory_(rows * words_) {}

void SwitchRows::store(const Row& row) {
    if (!row.goes_to(layer_, Section::switches) || row.stage != stage_) return;
    uint32_t* to = memory_.data() + row.addr * words_;
    std::copy_n(row.data.data(), words_, to);
    // Bits without a switch are not stored.
    if (const size_t used = switches_ % 32; used != 0) {
        to[words_ - 1] &= (uint32_t{1} << used) - 1;
    }
}

}  // namespace permloom::systemc
