#include "sim/systemc/network_stage.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace permloom::systemc {

NetworkStage::NetworkStage(const sc_core::sc_module_name& name, uint32_t layer, uint8_t stage,
                           const std::vector<Switch>& switches, size_t rows, int networks)
    : PipelineStage(name),
      layer_(layer),
      stage_(stage),
      switches_(switches),
      networks_(static_cast<size_t>(networks)),
      row_words_((switches.size() + 31) / 32),
      memory_(rows * row_words_) {
    SC_METHOD(store);
    sensitive << row;
    dont_initialize();
}

void NetworkStage::advance(const Lines& from, Lines& to) {
    to.values = from.values;
    const size_t lines = from.values.size() / networks_;
    for (size_t network = 0; network < networks_; ++network) {
        uint16_t* values = to.values.data() + network * lines;
        const uint32_t* bits = memory_.data() + (from.token.addr + network) * row_words_;
        for (size_t word = 0; word < row_words_; ++word) {
            const Switch* group = switches_.data() + 32 * word;
            // Only the crossed switches do anything: visit the set bits.
            for (uint32_t crossed = bits[word]; crossed != 0; crossed &= crossed - 1) {
                const Switch& s = group[std::countr_zero(crossed)];
                std::swap(values[static_cast<size_t>(s.low)], values[static_cast<size_t>(s.high)]);
            }
        }
    }
}

void NetworkStage::store() {
    const Row& in_row = row->read();
    if (!in_row.goes_to(layer_, Section::switches) || in_row.stage != stage_) return;
    uint32_t* to = memory_.data() + in_row.addr * row_words_;
    std::copy_n(in_row.data.data(), row_words_, to);
    // Bits without a switch are not stored.
    if (const size_t used = switches_.size() % 32; used != 0) {
        to[row_words_ - 1] &= (uint32_t{1} << used) - 1;
    }
}

}  // namespace permloom::systemc
