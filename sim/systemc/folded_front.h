/// How layers of the engine `folded` begin, digital and physical ones: the buffer, and the order of
/// work.
///
///     ActivationBuffer -> FoldedIssue -> the layer's own stages -> LayerOutput
#pragma once

#include "sim/systemc/activation_buffer.h"
#include "sim/systemc/folded_issue.h"
#include "sim/systemc/layer_module.h"

namespace permloom::systemc {

class FoldedFront : public LayerModule {
  protected:
    FoldedFront(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

    Register<Codes> image_{"image"};  ///< the front of the buffer
    Wire<Issue> issue_wire_{"issue_wire"};

  private:
    sc_core::sc_signal<bool> in_valid_{"in_valid"}, release_{"release"};
    sc_core::sc_signal<uint8_t> in_ctx_{"in_ctx"};

    ActivationBuffer buffer_;
    FoldedIssue issue_;
};

}  // namespace permloom::systemc
