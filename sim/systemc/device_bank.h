/// The devices: slot r is multiplied by the fixed value of device r. Of one neuron, or of several
/// side by side, then with as many terms each as a tree of adders takes.
#pragma once

#include <vector>

#include "compiler/program/chip.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class DeviceBank final : public PipelineStage<Lines, Terms> {
  public:
    DeviceBank(const sc_core::sc_module_name& name, const ChipLayer& layer, int neurons = 1);

  private:
    void advance(const Lines& from, Terms& to) override;

    size_t lines_, neurons_, terms_;
    bool shared_;
    /// Per pass, banks x lines. With rail split pass 0 holds max(device, 0), pass 1 max(-device,
    /// 0).
    std::vector<std::vector<int32_t>> devices_;
};

}  // namespace permloom::systemc
