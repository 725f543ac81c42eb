/// The devices of a copy: what each slot carries is multiplied by what its device is worth, and
/// adds up on a wire.
#pragma once

#include <vector>

#include "compiler/program/chip.h"
#include "compiler/program/device_instance.h"
#include "sim/physical/systemc/analog.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class AnalogBank final : public PipelineStage<AnalogLines, AnalogSum> {
  public:
    /// `devices` as they are in use.
    AnalogBank(const sc_core::sc_module_name& name, const ChipLayer& layer,
               const LayerInstance& devices, double read_noise);

  private:
    /// Of a neuron in one pass.
    struct Slots {
        std::vector<double> values, variances;  ///< variances: of a read of a signal of 1
    };
    void advance(const AnalogLines& from, AnalogSum& to) override;

    bool one_for_all_;
    std::vector<Slots> slots_[2];  ///< of each pass: of all neurons, or of each
};

}  // namespace permloom::systemc
