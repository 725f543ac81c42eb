/// The ADC behind a bank. It integrates the passes of a neuron, bit-serial of all planes, and reads
/// their sum with the last one: noise, range and steps, and a whole number in the end.
#pragma once

#include "compiler/program/chip.h"
#include "sim/physical/physical_layer.h"
#include "sim/physical/systemc/analog.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

/// What the noise of a layer is drawn by.
struct NoiseSource {
    CounterRng rng;
    uint32_t trial = 0, layer = 0;
};

class Adc final : public PipelineStage<AnalogSum, Total> {
  public:
    Adc(const sc_core::sc_module_name& name, bool bit_serial, const Reading& reading,
        const ReaderSetting& setting, const NoiseSource& noise);

  private:
    bool goes_on(const AnalogSum& from) override;
    void advance(const AnalogSum& from, Total& to) override;
    double converted(double sum) const;

    bool bit_serial_;
    Reading reading_;
    ReaderSetting setting_;
    NoiseSource noise_;
    double sum_ = 0.0, variance_ = 0.0;
};

}  // namespace permloom::systemc
