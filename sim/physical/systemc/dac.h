/// The DACs that drive the lines of a switch network: an image on the rails of its layer.
#pragma once

#include "compiler/program/chip.h"
#include "sim/physical/effects.h"
#include "sim/physical/systemc/analog.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class Dac final : public PipelineStage<Issue, AnalogLines> {
  public:
    In<Codes> codes{"codes"};  ///< the image, all elements in parallel

    Dac(const sc_core::sc_module_name& name, const ChipLayer& layer, const Reading& reading);

  private:
    SC_HAS_PROCESS(Dac);
    void advance(const Issue& from, AnalogLines& to) override;
    void restart() { images_ = 0; }
    /// The level of a line, or of its complement; bit-serial of one bit of it.
    double level(uint16_t code, bool complement, const Token& token) const;

    Rail rail_;
    bool bit_serial_, noisy_;
    int hi_;
    double step_ = 1.0;    ///< of the DAC, in steps of the code
    uint32_t images_ = 0;  ///< begun since the last reset
};

}  // namespace permloom::systemc
