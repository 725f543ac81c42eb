/// One stage of switches that pass signals on, less a part that they lose and another that they
/// leak; the bits come from its memory, but for switches that are stuck.
#pragma once

#include <vector>

#include "compiler/perm/circuit.h"
#include "compiler/program/device_instance.h"
#include "sim/physical/effects.h"
#include "sim/physical/systemc/analog.h"
#include "sim/systemc/pipeline_stage.h"
#include "sim/systemc/switch_rows.h"

namespace permloom::systemc {

class AnalogStage final : public PipelineStage<AnalogLines, AnalogLines> {
  public:
    In<Row> row{"row"};

    /// `rows` = contexts x neurons; `stuck` of all stages.
    AnalogStage(const sc_core::sc_module_name& name, uint32_t layer, uint8_t stage,
                const std::vector<Switch>& switches, size_t rows, const SwitchPass& pass,
                const std::vector<LayerStuckSwitch>& stuck);

  private:
    SC_HAS_PROCESS(AnalogStage);
    void advance(const AnalogLines& from, AnalogLines& to) override;
    void store() { rows_.store(row->read()); }
    void pass_on(const uint32_t* bits, const SwitchPass& pass, std::vector<double>& values) const;
    bool is_crossed(const uint32_t* bits, size_t index) const;

    std::vector<Switch> switches_;
    SwitchPass pass_;
    std::vector<uint32_t> stuck_, crossed_;  ///< a bit a switch: stuck at all, and crossed
    SwitchRows rows_;
};

}  // namespace permloom::systemc
