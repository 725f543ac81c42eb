#include "sim/systemc/folded_front.h"

namespace permloom::systemc {

FoldedFront::FoldedFront(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : LayerModule(name, chip, index),
      buffer_("buffer", chip.layers[index].inputs, buffer_lanes(chip, index),
              chip.layers[index].in_bits),
      issue_("issue", chip.layers[index]) {
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

}  // namespace permloom::systemc
