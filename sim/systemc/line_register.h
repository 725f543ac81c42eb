/// The lines that a switch network, or each of several, starts from: an image on the rails of its
/// layer.
#pragma once

#include "compiler/program/chip.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class LineRegister final : public PipelineStage<Issue, Lines> {
  public:
    In<Codes> codes{"codes"};  ///< the image, all elements in parallel

    LineRegister(const sc_core::sc_module_name& name, const ChipLayer& layer, int networks = 1);

  private:
    void advance(const Issue& from, Lines& to) override;

    Rail rail_;
    bool bit_serial_;
    size_t inputs_, networks_;
    uint16_t hi_;
};

}  // namespace permloom::systemc
