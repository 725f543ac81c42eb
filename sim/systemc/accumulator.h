/// Adds up the passes of a neuron; lets its token go on with the last one.
#pragma once

#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class Accumulator final : public PipelineStage<Terms, Total> {
  public:
    Accumulator(const sc_core::sc_module_name& name, int passes)
        : PipelineStage(name), passes_(passes) {}

  private:
    void advance(const Terms& from, Total& to) override;

    int passes_;
    int64_t acc_ = 0;
};

}  // namespace permloom::systemc
