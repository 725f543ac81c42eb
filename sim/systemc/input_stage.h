/// The inputs that the entries of the lanes name, out of the activation memory.
#pragma once

#include "compiler/program/chip.h"
#include "sim/systemc/activation_memory.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class InputStage final : public PipelineStage<Entries, Operands> {
  public:
    BankIn memory{"memory"};

    InputStage(const sc_core::sc_module_name& name, const ChipLayer& layer)
        : PipelineStage(name), hi_(static_cast<uint16_t>(layer.in_hi())) {}

  private:
    void advance(const Entries& from, Operands& to) override;

    uint16_t hi_;
};

}  // namespace permloom::systemc
