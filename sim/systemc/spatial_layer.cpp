#include "sim/systemc/spatial_layer.h"

#include <fmt/format.h>

#include "compiler/base/bits.h"
#include "compiler/perm/as_waksman.h"

namespace permloom::systemc {

SpatialLayer::SpatialLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : LayerModule(name, chip, index),
      buffer_("buffer", chip.layers[index].inputs, buffer_lanes(chip, index),
              chip.layers[index].in_bits),
      issue_("issue", chip.layers[index]),
      line_register_("line_register", chip.layers[index], chip.layers[index].outputs),
      device_bank_("device_bank", chip.layers[index], chip.layers[index].outputs),
      adder_tree_("adder_tree", products_,
                  ceil_log2(static_cast<uint64_t>(chip.layers[index].lines()))),
      accumulators_("accumulators", chip.layers[index].outputs, chip.layers[index].bit_serial) {
    bind_input();
    build_networks(chip, index);
    place(device_bank_, *lines_.back(), products_);
    place(adder_tree_);
    adder_tree_.enable(enable_);
    place(accumulators_, adder_tree_.sums(), accumulated_);
    build_collectors(chip.layers[index]);
}

void SpatialLayer::bind_input() {
    place_buffer(buffer_);
    buffer_.out_valid(in_valid_);
    buffer_.out_ctx(in_ctx_);
    buffer_.out_data(image_);
    buffer_.release(release_);

    place(issue_);
    issue_.enable(enable_);
    issue_.in_valid(in_valid_);
    issue_.in_ctx(in_ctx_);
    issue_.issue(issue_wire_);
    issue_.release(release_);
}

void SpatialLayer::build_networks(const Chip& chip, size_t index) {
    const ChipLayer& shape = chip.layers[index];
    const Topology topology = as_waksman_topology(shape.lines());
    for (size_t d = 0; d <= topology.stages.size(); ++d)
        lines_.push_back(std::make_unique<Register<Lines>>(fmt::format("lines_{}", d).c_str()));
    place(line_register_, issue_wire_, *lines_.front());
    line_register_.codes(image_);
    const size_t rows = static_cast<size_t>(chip.contexts) * static_cast<size_t>(shape.outputs);
    for (size_t d = 0; d < topology.stages.size(); ++d) {
        networks_.push_back(std::make_unique<NetworkStage>(
            fmt::format("stage_{}", d).c_str(), static_cast<uint32_t>(index),
            static_cast<uint8_t>(d), topology.stages[d], rows, shape.outputs));
        place(*networks_.back(), *lines_[d], *lines_[d + 1]);
        networks_.back()->row(row);
    }
}

void SpatialLayer::build_collectors(const ChipLayer& layer) {
    for (int lane = 0; lane < layer.lanes; ++lane) {
        collectors_.push_back(std::make_unique<Collector>(fmt::format("collector_{}", lane).c_str(),
                                                          layer.outputs, layer.lanes, lane));
        place(*collectors_.back(), accumulated_, total(static_cast<size_t>(lane)));
    }
}

}  // namespace permloom::systemc
