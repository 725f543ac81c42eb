/// The end of a layer of any engine: post-op, write behind and probe, and the enable of it all.
///
///     BiasStage [-> ScaleStage -> RoundStage -> ClampStage] -> write
///
/// The last layer ends with BiasStage.
#pragma once

#include <memory>

#include "compiler/program/chip.h"
#include "sim/systemc/layer_control.h"
#include "sim/systemc/post_op.h"

namespace permloom::systemc {

class LayerOutput final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    In<Total> in{"in"};  ///< sums, neuron by neuron
    In<Row> row{"row"};
    sc_core::sc_out<bool> enable{"enable"};  ///< of the whole layer
    Out<Write> write{"write"};
    sc_core::sc_in<bool> next_ready{"next_ready"};
    sc_core::sc_out<bool> probe_valid{"probe_valid"};
    sc_core::sc_out<uint32_t> probe_index{"probe_index"};
    sc_core::sc_out<int32_t> probe_value{"probe_value"};

    LayerOutput(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

  private:
    template <class Stage, class From, class To>
    void place(Stage& stage, From& from, To& to);
    Register<PostOp>& build_post_op(uint32_t index);

    Register<PostOp> biased_{"biased"}, scaled_{"scaled"}, rounded_{"rounded"}, clamped_{"clamped"};
    Register<LayerRows> layer_rows_{"layer_rows"};

    BiasStage bias_;
    /// The rest of the post-op; none in the last layer.
    std::unique_ptr<ScaleStage> scale_;
    std::unique_ptr<RoundStage> round_;
    std::unique_ptr<ClampStage> clamp_;
    std::unique_ptr<LayerRegisterFile> layer_registers_;
    LayerControl control_;
};

}  // namespace permloom::systemc
