/// A cycle in which the sum of a bank settles: a wire adds at once what the digital engine's adders
/// take a level each for.
#pragma once

#include "sim/physical/systemc/analog.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class SettlingStage final : public PipelineStage<AnalogSum, AnalogSum> {
  public:
    explicit SettlingStage(const sc_core::sc_module_name& name) : PipelineStage(name) {}

  private:
    void advance(const AnalogSum& from, AnalogSum& to) override {
        to.image = from.image;
        to.value = from.value;
        to.variance = from.variance;
    }
};

}  // namespace permloom::systemc
