#include "sim/systemc/network_stage.h"

#include <bit>
#include <utility>

namespace permloom::systemc {

NetworkStage::NetworkStage(const sc_core::sc_module_name& name, uint32_t layer, uint8_t stage,
                           const std::vector<Switch>& switches, size_t rows, int networks)
    : PipelineStage(name),
      switches_(switches),
      networks_(static_cast<size_t>(networks)),
      rows_(layer, stage, switches.size(), rows) {
    SC_METHOD(store);
    sensitive << row;
    dont_initialize();
}

void NetworkStage::advance(const Lines& from, Lines& to) {
    to.values = from.values;
    const size_t lines = from.values.size() / networks_;
    for (size_t network = 0; network < networks_; ++network) {
        uint16_t* values = to.values.data() + network * lines;
        const uint32_t* bits = rows_.bits(from.token.addr + network);
        for (size_t word = 0; word < rows_.words(); ++word) {
            const Switch* group = switches_.data() + 32 * word;
            // Only the crossed switches do anything: visit the set bits.
            for (uint32_t crossed = bits[word]; crossed != 0; crossed &= crossed - 1) {
                const Switch& s = group[std::countr_zero(crossed)];
                std::swap(values[static_cast<size_t>(s.low)], values[static_cast<size_t>(s.high)]);
            }
        }
    }
}

}  // namespace permloom::systemc
