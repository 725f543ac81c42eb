#include "sim/systemc/layer_output.h"

namespace permloom::systemc {
namespace {

size_t row_count(const Chip& chip, size_t index) {
    return static_cast<size_t>(chip.contexts) * static_cast<size_t>(chip.layers[index].outputs);
}

}  // namespace

LayerOutput::LayerOutput(const sc_core::sc_module_name& name, const Chip& chip, size_t index)
    : sc_module(name),
      bias_("bias", static_cast<uint32_t>(index), row_count(chip, index)),
      control_("control", chip.layers[index].outputs) {
    const bool last = index + 1 == chip.layers.size();
    place(bias_, in, biased_);
    bias_.row(row);
    control_.output(last ? biased_ : build_post_op(static_cast<uint32_t>(index)));
    control_.next_ready(next_ready);
    control_.enable(enable);
    control_.write(write);
    control_.probe_valid(probe_valid);
    control_.probe_index(probe_index);
    control_.probe_value(probe_value);
}

template <class Stage, class From, class To>
void LayerOutput::place(Stage& stage, From& from, To& to) {
    stage.clk(clk);
    stage.rst_n(rst_n);
    stage.enable(enable);
    stage.in(from);
    stage.out(to);
}

/// Returns the output register.
Register<PostOp>& LayerOutput::build_post_op(uint32_t index) {
    layer_registers_ = std::make_unique<LayerRegisterFile>("layer_registers", index);
    layer_registers_->row(row);
    layer_registers_->rows(layer_rows_);
    bias_.layer_rows(layer_rows_);
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
