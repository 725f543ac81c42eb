/// A layer of the engine `level`: all neurons at once add up a few inputs a cycle, each by the
/// level that its map names.
///
///     LevelIssue -> ProductStage -> AdderLevel x T -> Accumulators -> Collector -> LayerOutput
///
/// From the last step of an image to the write of neuron 0 T + 8 cycles, T + 5 in the last layer:
/// rtl/MICROARCHITECTURE.md.
#pragma once

#include "sim/systemc/level_issue.h"
#include "sim/systemc/parallel_layer.h"

namespace permloom::systemc {

class LevelLayer final : public ParallelLayer {
  public:
    LevelLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

  private:
    LevelIssue issue_;
};

}  // namespace permloom::systemc
