/// The end of a layer of any engine: post-op, write behind and probe, and the enable of it all.
///
///     BiasStage [-> ScaleStage -> RoundStage -> ClampStage] -> write
///
/// The last layer ends with BiasStage; a PoolStage stands before the write where a layer pools.
/// Where a layer writes several values at once, each has such an end, of the neurons `lane`, lanes
/// + `lane`,
/// ..., with their sums counted from 0.
#pragma once

#include <memory>

#include "compiler/program/chip.h"
#include "sim/systemc/layer_control.h"
#include "sim/systemc/pool_stage.h"
#include "sim/systemc/post_op.h"

namespace permloom::systemc {

class LayerOutput final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    In<Total> in{"in"};        ///< sums, neuron by neuron
    In<int64_t> skip{"skip"};  ///< what a layer that adds adds to the sum behind BiasStage
    In<Row> row{"row"};
    sc_core::sc_out<bool> enable{"enable"};  ///< of the whole layer
    Out<Write> write{"write"};
    sc_core::sc_in<bool> next_ready{"next_ready"};
    sc_core::sc_out<bool> probe_valid{"probe_valid"};
    sc_core::sc_out<uint32_t> probe_index{"probe_index"};
    sc_core::sc_out<int32_t> probe_value{"probe_value"};

    LayerOutput(const sc_core::sc_module_name& name, const Chip& chip, size_t index, int lane);

  private:
    template <class Stage, class From, class To>
    void place(Stage& stage, From& from, To& to);
    void bind_write();
    void build_post_op(const Chip& chip, size_t index);
    void build_pool(const ChipLayer& layer);

    Register<PostOp> biased_{"biased"}, scaled_{"scaled"}, rounded_{"rounded"}, clamped_{"clamped"};
    Register<LayerRows> layer_rows_{"layer_rows"};
    Register<PostOp> pooled_{"pooled"};
    sc_core::sc_signal<bool> pool_enable_{"pool_enable"};

    BiasStage bias_;
    /// The rest of the post-op; none in the last layer.
    std::unique_ptr<ScaleStage> scale_;
    std::unique_ptr<RoundStage> round_;
    std::unique_ptr<ClampStage> clamp_;
    std::unique_ptr<LayerRegisterFile> layer_registers_;
    std::unique_ptr<PoolStage> pool_;  ///< of a layer that pools
    LayerControl control_;
};

}  // namespace permloom::systemc
