/// The register in which the weights of a step stand once they are picked from their rows, and the
/// input that has waited for them.
#pragma once

#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class PickStage final : public PipelineStage<Operands, Operands> {
  public:
    explicit PickStage(const sc_core::sc_module_name& name) : PipelineStage(name) {}

  private:
    void advance(const Operands& from, Operands& to) override {
        to.devices = from.devices;
        to.inputs = from.inputs;
    }
};

}  // namespace permloom::systemc
