/// A layer of the engine `folded`: one switch network, one device bank, one adder tree, time-shared
/// by all neurons.
///
///     ActivationBuffer -> FoldedIssue -> LineRegister -> NetworkStage x D -> DeviceBank
///           -> AdderLevel x T -> Accumulator -> LayerOutput
///
/// From issue to write D + T + 7 cycles, D + T + 4 in the last layer: rtl/MICROARCHITECTURE.md.
#pragma once

#include <memory>
#include <vector>

#include "sim/systemc/accumulator.h"
#include "sim/systemc/adder_tree.h"
#include "sim/systemc/device_bank.h"
#include "sim/systemc/folded_front.h"
#include "sim/systemc/line_register.h"
#include "sim/systemc/network_stage.h"

namespace permloom::systemc {

class FoldedLayer final : public FoldedFront {
  public:
    FoldedLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

  private:
    void build_network(const Chip& chip, size_t index);

    /// D + 1: before each stage, and after.
    std::vector<std::unique_ptr<Register<Lines>>> lines_;
    Register<Terms> products_{"products"};

    LineRegister line_register_;
    std::vector<std::unique_ptr<NetworkStage>> network_;
    DeviceBank device_bank_;
    AdderTree adder_tree_;
    Accumulator accumulator_;
};

}  // namespace permloom::systemc
