#include "sim/systemc/programmable_layer.h"

namespace permloom::systemc {

ProgrammableLayer::ProgrammableLayer(const sc_core::sc_module_name& name, const Chip& chip,
                                     size_t index)
    : ParallelLayer(name, chip, index, chip.layers[index].lanes, 1, chip.layers[index].inputs),
      issue_("issue", static_cast<uint32_t>(index), chip.layers[index], chip.contexts),
      pick_stage_("pick_stage") {
    place_issue(issue_, rows_);
    issue_.memory(memory_);
    place(pick_stage_, rows_, operands_);
}

}  // namespace permloom::systemc
