#include "sim/systemc/folded_layer.h"

#include <fmt/format.h>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"

namespace permloom::systemc {
namespace {

size_t row_count(const Chip& chip, const ChipLayer& layer) {
    return static_cast<size_t>(chip.contexts) * static_cast<size_t>(layer.outputs);
}

}  // namespace

FoldedLayer::FoldedLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : sc_module(name),
      line_register_("line_register", chip.layers[index]),
      device_bank_("device_bank", chip.layers[index]),
      accumulator_("accumulator", chip.layers[index].passes()),
      bias_("bias", static_cast<uint32_t>(index), row_count(chip, chip.layers[index])),
      control_("control", chip.layers[index].outputs, chip.layers[index].passes()) {
    const ChipLayer& shape = chip.layers[index];
    const bool last = index + 1 == chip.layers.size();
    PERMLOOM_ASSERT(shape.accumulator_bits() <= 32);  // the width of Terms

    build_network(shape, index, row_count(chip, shape));
    place(device_bank_, *lines_.back(), products_);
    PipelineRegister<Terms>& sum =
        build_adder_tree(ceil_log2(static_cast<uint64_t>(shape.lines())));
    place(accumulator_, sum, total_);

    place(bias_, total_, biased_);
    bias_.ahead(sum);
    bias_.row(row);
    if (!last) {
        layer_registers_ =
            std::make_unique<LayerRegisterFile>("layer_registers", static_cast<uint32_t>(index));
        layer_registers_->clk(clk);
        layer_registers_->row(row);
        layer_registers_->rows(layer_rows_);
        bias_.layer_rows(layer_rows_);
    }
    PipelineRegister<PostOp>& output = last ? biased_ : build_post_op();

    control_.clk(clk);
    control_.rst_n(rst_n);
    control_.in_valid(in_valid);
    control_.in_ctx(in_ctx);
    control_.output(output);
    control_.next_ready(next_ready);
    control_.enable(enable_);
    control_.issue(issue_);
    control_.release(release);
    control_.write(write);
    control_.probe_valid(probe_valid);
    control_.probe_index(probe_index);
    control_.probe_value(probe_value);
}

template <class Stage, class From, class To>
void FoldedLayer::place(Stage& stage, From& from, To& to) {
    stage.clk(clk);
    stage.rst_n(rst_n);
    stage.enable(enable_);
    stage.in(from);
    stage.out(to);
}

void FoldedLayer::build_network(const ChipLayer& shape, size_t index, size_t rows) {
    const Topology topology = as_waksman_topology(shape.lines());
    for (size_t d = 0; d <= topology.stages.size(); ++d) {
        lines_.push_back(
            std::make_unique<PipelineRegister<Lines>>(fmt::format("lines_{}", d).c_str()));
    }
    place(line_register_, issue_, *lines_.front());
    line_register_.codes(in_data);
    for (size_t d = 0; d < topology.stages.size(); ++d) {
        network_.push_back(std::make_unique<NetworkStage>(
            fmt::format("stage_{}", d).c_str(), static_cast<uint32_t>(index),
            static_cast<uint8_t>(d), topology.stages[d], rows));
        NetworkStage& stage = *network_.back();
        place(stage, *lines_[d], *lines_[d + 1]);
        stage.row(row);
        if (d == 0) {
            stage.ahead(issue_);
        } else {
            stage.ahead(*lines_[d - 1]);
        }
    }
}

/// Returns the register that holds the sum.
PipelineRegister<Terms>& FoldedLayer::build_adder_tree(int levels) {
    PipelineRegister<Terms>* from = &products_;
    for (int level = 0; level < levels; ++level) {
        sums_.push_back(
            std::make_unique<PipelineRegister<Terms>>(fmt::format("sums_{}", level).c_str()));
        adder_tree_.push_back(
            std::make_unique<AdderLevel>(fmt::format("adder_level_{}", level).c_str()));
        place(*adder_tree_.back(), *from, *sums_.back());
        from = sums_.back().get();
    }
    return *from;
}

/// Returns the output register.
PipelineRegister<PostOp>& FoldedLayer::build_post_op() {
    scale_ = std::make_unique<ScaleStage>("scale");
    place(*scale_, biased_, scaled_);
    round_ = std::make_unique<RoundStage>("round");
    place(*round_, scaled_, rounded_);
    round_->layer_rows(layer_rows_);
    clamp_ = std::make_unique<ClampStage>("clamp");
    place(*clamp_, rounded_, clamped_);
    clamp_->layer_rows(layer_rows_);
    return clamped_;
}

}  // namespace permloom::systemc
