/// One stage of the switch network with its memory of switch bits; or of several networks side by
/// side, of neurons that follow one another.
#pragma once

#include <vector>

#include "compiler/perm/circuit.h"
#include "sim/systemc/pipeline_stage.h"
#include "sim/systemc/switch_rows.h"

namespace permloom::systemc {

class NetworkStage final : public PipelineStage<Lines, Lines> {
  public:
    In<Row> row{"row"};

    /// `rows` = contexts x neurons.
    NetworkStage(const sc_core::sc_module_name& name, uint32_t layer, uint8_t stage,
                 const std::vector<Switch>& switches, size_t rows, int networks = 1);

  private:
    SC_HAS_PROCESS(NetworkStage);
    void advance(const Lines& from, Lines& to) override;
    void store() { rows_.store(row->read()); }

    std::vector<Switch> switches_;
    size_t networks_;
    SwitchRows rows_;
};

}  // namespace permloom::systemc
