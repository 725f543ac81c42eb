/// A layer of the engine `programmable`: lanes that multiply one input after the other by weights
/// that were loaded.
///
///     ProgrammableIssue -> InputStage -> ProductStage -> Accumulators -> Collector -> LayerOutput
///
/// From the last step of a group to the write of its first neuron 9 cycles, 6 in the last layer:
/// rtl/MICROARCHITECTURE.md.
#pragma once

#include "sim/systemc/input_stage.h"
#include "sim/systemc/parallel_layer.h"
#include "sim/systemc/programmable_issue.h"

namespace permloom::systemc {

class ProgrammableLayer final : public ParallelLayer {
  public:
    ProgrammableLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

  private:
    Register<Entries> entries_{"entries"};
    ProgrammableIssue issue_;
    InputStage input_stage_;
};

}  // namespace permloom::systemc
