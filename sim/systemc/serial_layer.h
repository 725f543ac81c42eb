/// A layer of the engine `serial`: lanes that work through the live slots of their neurons one by
/// one.
///
///     SerialIssue -> InputStage -> ProductStage -> Accumulators -> Collector -> LayerOutput
///
/// From the last step of a group to the write of its first neuron 9 cycles, 6 in the last layer:
/// rtl/MICROARCHITECTURE.md.
#pragma once

#include "sim/systemc/input_stage.h"
#include "sim/systemc/parallel_layer.h"
#include "sim/systemc/serial_issue.h"

namespace permloom::systemc {

class SerialLayer final : public ParallelLayer {
  public:
    SerialLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

  private:
    Register<Entries> entries_{"entries"};
    SerialIssue issue_;
    InputStage input_stage_;
};

}  // namespace permloom::systemc
