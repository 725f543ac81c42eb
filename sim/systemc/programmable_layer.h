/// A layer of the engine `programmable`: lanes that multiply one input after the other by weights
/// that were loaded.
///
///     ProgrammableIssue -> PickStage -> ProductStage -> Accumulators -> Collector -> LayerOutput
///
/// From the last step of a group to the write of its first neuron 9 cycles, 6 in the last layer:
/// rtl/MICROARCHITECTURE.md.
#pragma once

#include "sim/systemc/parallel_layer.h"
#include "sim/systemc/pick_stage.h"
#include "sim/systemc/programmable_issue.h"

namespace permloom::systemc {

class ProgrammableLayer final : public ParallelLayer {
  public:
    ProgrammableLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

  private:
    Register<Operands> rows_{"rows"};
    ProgrammableIssue issue_;
    PickStage pick_stage_;
};

}  // namespace permloom::systemc
