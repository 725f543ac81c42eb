#include "sim/physical/systemc/physical_folded_layer.h"

#include <fmt/format.h>

#include "compiler/base/bits.h"
#include "compiler/perm/as_waksman.h"

namespace permloom::systemc {

PhysicalFoldedLayer::PhysicalFoldedLayer(const sc_core::sc_module_name& name, const Chip& chip,
                                         size_t index, const ArrayParts& parts)
    : FoldedFront(name, chip, index),
      dac_("dac", chip.layers[index], parts.reading),
      bank_("bank", chip.layers[index], parts.devices, parts.reading.read_noise),
      adc_("adc", chip.layers[index].bit_serial, parts.reading, parts.setting, parts.noise) {
    build_network(chip, index, parts);
    build_reader(ceil_log2(static_cast<uint64_t>(chip.layers[index].lines())));
}

void PhysicalFoldedLayer::build_network(const Chip& chip, size_t index, const ArrayParts& parts) {
    const ChipLayer& shape = chip.layers[index];
    const Topology topology = as_waksman_topology(shape.lines());
    for (size_t d = 0; d <= topology.stages.size(); ++d)
        lines_.push_back(
            std::make_unique<Register<AnalogLines>>(fmt::format("lines_{}", d).c_str()));
    place(dac_, issue_wire_, *lines_.front());
    dac_.codes(image_);
    const size_t rows = static_cast<size_t>(chip.contexts) * static_cast<size_t>(shape.outputs);
    for (size_t d = 0; d < topology.stages.size(); ++d) {
        network_.push_back(std::make_unique<AnalogStage>(
            fmt::format("stage_{}", d).c_str(), static_cast<uint32_t>(index),
            static_cast<uint8_t>(d), topology.stages[d], rows, parts.pass, parts.devices.stuck));
        place(*network_.back(), *lines_[d], *lines_[d + 1]);
        network_.back()->row(row);
    }
}

void PhysicalFoldedLayer::build_reader(int levels) {
    for (int t = 0; t <= levels; ++t)
        sums_.push_back(std::make_unique<Register<AnalogSum>>(fmt::format("sums_{}", t).c_str()));
    place(bank_, *lines_.back(), *sums_.front());
    for (size_t t = 1; t < sums_.size(); ++t) {
        settling_.push_back(std::make_unique<SettlingStage>(fmt::format("settling_{}", t).c_str()));
        place(*settling_.back(), *sums_[t - 1], *sums_[t]);
    }
    place(adc_, *sums_.back(), total());
}

}  // namespace permloom::systemc
