/// Behind the post-op of a layer that pools: one value for each whole window of positions.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

/// Its register is that of valid_p; the position of the token behind it is the pool's.
class PoolStage final : public PipelineStage<PostOp, PostOp> {
  public:
    sc_core::sc_out<bool> front_enable{"front_enable"};  ///< of the layer in front

    PoolStage(const sc_core::sc_module_name& name, const ChipLayer& layer);

  private:
    SC_HAS_PROCESS(PoolStage);
    bool goes_on(const PostOp& from) override;
    void advance(const PostOp& from, PostOp& to) override;
    void hold_front();  ///< combinational

    const Walk walk_;
    const size_t neurons_;
    std::vector<int64_t> pools_;  ///< of a row of pools, neuron by neuron: what they have so far
    int64_t value_ = 0;           ///< of the pool that was completed, and its number
    uint32_t pool_ = 0;
};

}  // namespace permloom::systemc
