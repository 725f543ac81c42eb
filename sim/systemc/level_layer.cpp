#include "sim/systemc/level_layer.h"

#include "compiler/program/engine_plan.h"

namespace permloom::systemc {

LevelLayer::LevelLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : ParallelLayer(name, chip, index, chip.layers[index].outputs, chip.layers[index].lanes,
                    steps_a_pass(chip.layers[index]) * chip.layers[index].lanes),
      issue_("issue", static_cast<uint32_t>(index), chip.layers[index], chip.contexts) {
    place_issue(issue_, operands_);
    issue_.memory(memory_);
}

}  // namespace permloom::systemc
