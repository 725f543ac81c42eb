/// Adds up the passes of a neuron, bit-serial of all planes; lets its token go on with the last
/// one.
#pragma once

#include "sim/systemc/pipeline_stage.h"

namespace permloom::systemc {

class Accumulator final : public PipelineStage<Terms, Total> {
  public:
    Accumulator(const sc_core::sc_module_name& name, bool bit_serial)
        : PipelineStage(name), bit_serial_(bit_serial) {}

  private:
    bool goes_on(const Terms& from) override;
    void advance(const Terms& from, Total& to) override;

    bool bit_serial_;
    int64_t acc_ = 0;
};

/// The accumulators of neurons side by side: the same over their steps, or passes and planes.
class Accumulators final : public PipelineStage<Terms, Terms> {
  public:
    Accumulators(const sc_core::sc_module_name& name, int count, bool bit_serial = false);

  private:
    bool goes_on(const Terms& from) override;
    void advance(const Terms& from, Terms& to) override;

    bool bit_serial_;
    std::vector<int32_t> acc_;
};

}  // namespace permloom::systemc
