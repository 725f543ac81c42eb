#include "sim/systemc/folded_layer.h"

#include <fmt/format.h>

#include "compiler/base/bits.h"
#include "compiler/perm/as_waksman.h"

namespace permloom::systemc {

FoldedLayer::FoldedLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : FoldedFront(name, chip, index),
      line_register_("line_register", chip.layers[index]),
      device_bank_("device_bank", chip.layers[index]),
      adder_tree_("adder_tree", products_,
                  ceil_log2(static_cast<uint64_t>(chip.layers[index].lines()))),
      accumulator_("accumulator", chip.layers[index].bit_serial) {
    build_network(chip, index);
    place(device_bank_, *lines_.back(), products_);
    place(adder_tree_);
    adder_tree_.enable(enable_);
    place(accumulator_, adder_tree_.sums(), total());
}

void FoldedLayer::build_network(const Chip& chip, size_t index) {
    const ChipLayer& shape = chip.layers[index];
    const Topology topology = as_waksman_topology(shape.lines());
    for (size_t d = 0; d <= topology.stages.size(); ++d) {
        lines_.push_back(std::make_unique<Register<Lines>>(fmt::format("lines_{}", d).c_str()));
    }
    place(line_register_, issue_wire_, *lines_.front());
    line_register_.codes(image_);
    const size_t rows = static_cast<size_t>(chip.contexts) * static_cast<size_t>(shape.outputs);
    for (size_t d = 0; d < topology.stages.size(); ++d) {
        network_.push_back(std::make_unique<NetworkStage>(
            fmt::format("stage_{}", d).c_str(), static_cast<uint32_t>(index),
            static_cast<uint8_t>(d), topology.stages[d], rows));
        place(*network_.back(), *lines_[d], *lines_[d + 1]);
        network_.back()->row(row);
    }
}

}  // namespace permloom::systemc
