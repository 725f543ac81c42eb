/// The post-op of a layer: y = clamp(z + ((relu(acc + b) * m + skip * m2 + c + round) >> s), lo,
/// hi), one register per step. The last layer ends after the first step, with a logit.
#pragma once

#include <array>
#include <vector>

#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

using LayerRows = std::array<LayerRow, MAX_CONTEXTS>;

/// The layer's registers, one set per context.
class LayerRegisterFile final : public sc_core::sc_module {
  public:
    In<Row> row{"row"};
    Out<LayerRows> rows{"rows"};

    LayerRegisterFile(const sc_core::sc_module_name& name, uint32_t layer, bool adds);

  private:
    SC_HAS_PROCESS(LayerRegisterFile);
    void store();

    uint32_t layer_;
    bool adds_;
    LayerRows values_;
};

/// Rows of the registers of neurons, contexts x neurons, of which one in `lanes` belongs to a lane.
struct LaneRows {
    uint32_t rows = 0;  ///< of the lane
    uint32_t lanes = 1, lane = 0;
};

/// Step 1: t = acc + b, with the memory of neuron registers; rectified where relu is set.
class BiasStage final : public PipelineStage<Total, PostOp> {
  public:
    In<Row> row{"row"};
    sc_core::sc_port<ReadInterface<LayerRows>, 1, sc_core::SC_ZERO_OR_MORE_BOUND> layer_rows{
        "layer_rows"};  ///< left unbound in the last layer

    BiasStage(const sc_core::sc_module_name& name, uint32_t layer, const LaneRows& rows);

  private:
    SC_HAS_PROCESS(BiasStage);
    void advance(const Total& from, PostOp& to) override;
    void store();

    uint32_t layer_, lanes_, lane_;
    std::vector<NeuronRow> memory_;
};

/// Step 2: p = t * m, to which skip * m2 is added here.
class ScaleStage final : public PipelineStage<PostOp, PostOp> {
  public:
    In<int64_t> skip{"skip"};  ///< belongs to the value in front; of no meaning where m2 is 0
    In<LayerRows> layer_rows{"layer_rows"};
    explicit ScaleStage(const sc_core::sc_module_name& name) : PipelineStage(name) {}

  private:
    void advance(const PostOp& from, PostOp& to) override;
};

/// Step 3: v = p + c + round.
class RoundStage final : public PipelineStage<PostOp, PostOp> {
  public:
    In<LayerRows> layer_rows{"layer_rows"};
    explicit RoundStage(const sc_core::sc_module_name& name) : PipelineStage(name) {}

  private:
    void advance(const PostOp& from, PostOp& to) override;
};

/// Step 4: y = clamp(z + (v >>> s), lo, hi).
class ClampStage final : public PipelineStage<PostOp, PostOp> {
  public:
    In<LayerRows> layer_rows{"layer_rows"};
    explicit ClampStage(const sc_core::sc_module_name& name) : PipelineStage(name) {}

  private:
    void advance(const PostOp& from, PostOp& to) override;
};

}  // namespace permloom::systemc
