#include "sim/systemc/layer_output.h"

#include "sim/systemc/walk.h"

namespace permloom::systemc {
namespace {

/// Neurons of one lane.
int items(const ChipLayer& layer) {
    return layer.outputs / layer.values_a_write();
}

LaneRows lane_rows(const Chip& chip, size_t index, int lane) {
    const ChipLayer& layer = chip.layers[index];
    return {static_cast<uint32_t>(chip.contexts * items(layer)),
            static_cast<uint32_t>(layer.values_a_write()), static_cast<uint32_t>(lane)};
}

}  // namespace

LayerOutput::LayerOutput(const sc_core::sc_module_name& name, const Chip& chip, size_t index,
                         int lane)
    : sc_module(name),
      bias_("bias", static_cast<uint32_t>(index), lane_rows(chip, index, lane)),
      control_("control", static_cast<uint32_t>(items(chip.layers[index])),
               written_positions(chip.layers[index]),
               static_cast<uint32_t>(chip.layers[index].values_a_write()),
               static_cast<uint32_t>(lane)) {
    place(bias_, in, biased_);
    bias_.row(row);
    bind_write();
    if (index + 1 == chip.layers.size()) {
        control_.output(biased_);
        control_.enable(enable);
        return;
    }
    build_post_op(chip, index);
    if (!pools(chip.layers[index])) {
        control_.output(clamped_);
        control_.enable(enable);
    } else {
        build_pool(chip.layers[index]);
    }
}

void LayerOutput::bind_write() {
    control_.next_ready(next_ready);
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

void LayerOutput::build_post_op(const Chip& chip, size_t index) {
    layer_registers_ = std::make_unique<LayerRegisterFile>(
        "layer_registers", static_cast<uint32_t>(index), chip.layers[index].adds());
    layer_registers_->row(row);
    layer_registers_->rows(layer_rows_);
    bias_.layer_rows(layer_rows_);
    scale_ = std::make_unique<ScaleStage>("scale");
    place(*scale_, biased_, scaled_);
    scale_->skip(skip);
    scale_->layer_rows(layer_rows_);
    round_ = std::make_unique<RoundStage>("round");
    place(*round_, scaled_, rounded_);
    round_->layer_rows(layer_rows_);
    clamp_ = std::make_unique<ClampStage>("clamp");
    place(*clamp_, rounded_, clamped_);
    clamp_->layer_rows(layer_rows_);
}

/// The pool moves under an enable of its own.
void LayerOutput::build_pool(const ChipLayer& layer) {
    pool_ = std::make_unique<PoolStage>("pool", layer);
    pool_->clk(clk);
    pool_->rst_n(rst_n);
    pool_->enable(pool_enable_);
    pool_->in(clamped_);
    pool_->out(pooled_);
    pool_->front_enable(enable);
    control_.output(pooled_);
    control_.enable(pool_enable_);
}

}  // namespace permloom::systemc
