/// The devices of neurons side by side: each multiplies the input that its wiring brought.
#pragma once

#include "compiler/program/chip.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class ProductStage final : public PipelineStage<Operands, Terms> {
  public:
    ProductStage(const sc_core::sc_module_name& name, const ChipLayer& layer);

  private:
    void advance(const Operands& from, Terms& to) override;
    int32_t product(int32_t device, int32_t x) const;

    bool split_;
    int32_t hi_;
};

}  // namespace permloom::systemc
