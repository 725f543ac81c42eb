/// A layer of the engine `spatial`: all neurons at once, a switch network and a device bank each.
///
///     ActivationBuffer -> SpatialIssue -> LineRegister -> NetworkStage x D -> DeviceBank
///           -> AdderLevel x T -> Accumulators -> Collector x M -> LayerOutput x M
///
/// Each stage holds the lines, terms and sums of all neurons side by side. From the issue of the
/// last pass to the first write D + T + 8 cycles, D + T + 5 in the last layer:
/// rtl/MICROARCHITECTURE.md.
#pragma once

#include <memory>
#include <vector>

#include "sim/systemc/accumulator.h"
#include "sim/systemc/activation_buffer.h"
#include "sim/systemc/adder_tree.h"
#include "sim/systemc/collector.h"
#include "sim/systemc/device_bank.h"
#include "sim/systemc/layer_module.h"
#include "sim/systemc/line_register.h"
#include "sim/systemc/network_stage.h"
#include "sim/systemc/spatial_issue.h"

namespace permloom::systemc {

class SpatialLayer final : public LayerModule {
  public:
    SpatialLayer(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

  private:
    void bind_input();
    void build_networks(const Chip& chip, size_t index);
    void build_collectors(const ChipLayer& layer);

    sc_core::sc_signal<bool> in_valid_{"in_valid"}, release_{"release"};
    sc_core::sc_signal<uint8_t> in_ctx_{"in_ctx"};
    Register<Codes> image_{"image"};
    Wire<Issue> issue_wire_{"issue_wire"};
    /// D + 1: before each stage, and after.
    std::vector<std::unique_ptr<Register<Lines>>> lines_;
    Register<Terms> products_{"products"}, accumulated_{"accumulated"};

    ActivationBuffer buffer_;
    SpatialIssue issue_;
    LineRegister line_register_;
    std::vector<std::unique_ptr<NetworkStage>> networks_;
    DeviceBank device_bank_;
    AdderTree adder_tree_;
    Accumulators accumulators_;
    std::vector<std::unique_ptr<Collector>> collectors_;
};

}  // namespace permloom::systemc
