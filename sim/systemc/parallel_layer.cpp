#include "sim/systemc/parallel_layer.h"

#include "compiler/base/bits.h"

namespace permloom::systemc {

ParallelLayer::ParallelLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index,
                             int side_by_side, int terms, int readable)
    : LayerModule(name, chip, index),
      memory_("memory", chip.layers[index].inputs, readable, buffer_lanes(chip, index),
              chip.layers[index].in_bits),
      product_stage_("product_stage", chip.layers[index]),
      adder_tree_("adder_tree", products_, ceil_log2(static_cast<uint64_t>(terms))),
      accumulators_("accumulators", side_by_side),
      collector_("collector", chip.layers[index].outputs) {
    place_buffer(memory_);
    memory_.out_valid(in_valid_);
    memory_.out_ctx(in_ctx_);
    memory_.out_bank(in_bank_);
    memory_.advance(advance_);
    memory_.release(release_);

    place(product_stage_, operands_, products_);
    place(adder_tree_);
    adder_tree_.enable(enable_);
    place(accumulators_, adder_tree_.sums(), accumulated_);
    place(collector_, accumulated_, total());
}

}  // namespace permloom::systemc
