#include "sim/systemc/programmable_layer.h"

namespace permloom::systemc {

ProgrammableLayer::ProgrammableLayer(const sc_core::sc_module_name& name, const Chip& chip,
                                     size_t index)
    : ParallelLayer(name, chip, index, chip.layers[index].lanes, 1, chip.layers[index].inputs),
      issue_("issue", static_cast<uint32_t>(index), chip.layers[index], chip.contexts),
      input_stage_("input_stage", chip.layers[index]) {
    place_issue(issue_, entries_);
    place(input_stage_, entries_, operands_);
    input_stage_.memory(memory_);
}

}  // namespace permloom::systemc
