/// One stage of the switch network with its memory of switch bits.
#pragma once

#include <vector>

#include "compiler/perm/circuit.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class NetworkStage final : public PipelineStage<Lines, Lines> {
  public:
    TokenIn ahead{"ahead"};  ///< the token one cycle before it reaches `in`: the read address
    In<Row> row{"row"};

    /// `rows` = contexts x neurons.
    NetworkStage(const sc_core::sc_module_name& name, uint32_t layer, uint8_t stage,
                 const std::vector<Switch>& switches, size_t rows);

  private:
    void advance(const Lines& from, Lines& to) override;
    void fetch() override;
    void store() override;

    uint32_t layer_;
    uint8_t stage_;
    std::vector<Switch> switches_;
    size_t row_words_;
    std::vector<uint32_t> memory_;  ///< rows x row_words_
    std::vector<uint32_t> bits_;    ///< the memory's read register
};

}  // namespace permloom::systemc
