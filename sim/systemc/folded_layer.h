/// A layer of the engine `folded`: one switch network, one device bank, one adder tree, time-shared
/// by all neurons.
///
///     issue -> LineRegister -> NetworkStage x D -> DeviceBank -> AdderLevel x T -> Accumulator
///           -> BiasStage [-> ScaleStage -> RoundStage -> ClampStage] -> write
///
/// From issue to write D + T + 7 cycles, D + T + 4 in the last layer, which ends with BiasStage:
/// rtl/MICROARCHITECTURE.md.
#pragma once

#include <memory>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/systemc/accumulator.h"
#include "sim/systemc/adder_level.h"
#include "sim/systemc/device_bank.h"
#include "sim/systemc/layer_control.h"
#include "sim/systemc/line_register.h"
#include "sim/systemc/network_stage.h"
#include "sim/systemc/post_op.h"

namespace permloom::systemc {

class FoldedLayer final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    sc_core::sc_in<bool> in_valid{"in_valid"};
    sc_core::sc_in<uint8_t> in_ctx{"in_ctx"};
    In<Codes> in_data{"in_data"};
    sc_core::sc_out<bool> release{"release"};
    Out<Write> write{"write"};
    sc_core::sc_in<bool> next_ready{"next_ready"};
    In<Row> row{"row"};
    sc_core::sc_out<bool> probe_valid{"probe_valid"};
    sc_core::sc_out<uint32_t> probe_index{"probe_index"};
    sc_core::sc_out<int32_t> probe_value{"probe_value"};

    FoldedLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

  private:
    template <class Stage, class From, class To>
    void place(Stage& stage, From& from, To& to);

    void build_network(const ChipLayer& shape, size_t index, size_t rows);
    PipelineRegister<Terms>& build_adder_tree(int levels);
    PipelineRegister<PostOp>& build_post_op();

    sc_core::sc_signal<bool> enable_{"enable"};
    PipelineRegister<Issue> issue_{"issue"};
    std::vector<std::unique_ptr<PipelineRegister<Lines>>>
        lines_;  ///< D + 1: before each stage, and after
    PipelineRegister<Terms> products_{"products"};
    std::vector<std::unique_ptr<PipelineRegister<Terms>>> sums_;
    PipelineRegister<Total> total_{"total"};
    PipelineRegister<PostOp> biased_{"biased"}, scaled_{"scaled"}, rounded_{"rounded"},
        clamped_{"clamped"};
    Register<LayerRows> layer_rows_{"layer_rows"};

    LineRegister line_register_;
    std::vector<std::unique_ptr<NetworkStage>> network_;
    DeviceBank device_bank_;
    std::vector<std::unique_ptr<AdderLevel>> adder_tree_;
    Accumulator accumulator_;
    BiasStage bias_;
    /// The rest of the post-op; none in the last layer.
    std::unique_ptr<ScaleStage> scale_;
    std::unique_ptr<RoundStage> round_;
    std::unique_ptr<ClampStage> clamp_;
    std::unique_ptr<LayerRegisterFile> layer_registers_;
    LayerControl control_;
};

}  // namespace permloom::systemc
