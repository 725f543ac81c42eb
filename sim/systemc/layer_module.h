/// A layer of any engine with the buffer in front of it, as the chip sees it; in one that walks the
/// feature map stands in front of that.
#pragma once

#include <functional>
#include <memory>

#include "compiler/program/chip.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"
#include "sim/systemc/feature_map.h"
#include "sim/systemc/layer_output.h"
#include "sim/systemc/skip_memory.h"
#include "sim/systemc/write_join.h"

namespace permloom::systemc {

class LayerModule : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    In<Write> in{"in"};  ///< into the buffer or the feature map in front
    sc_core::sc_out<bool> in_ready{"in_ready"};
    /// Into the skip memory; left unbound in a layer that adds nothing.
    sc_core::sc_port<ReadInterface<Write>, 1, sc_core::SC_ZERO_OR_MORE_BOUND> skip{"skip"};
    sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND>
        skip_ready{"skip_ready"};
    Out<Write> write{"write"};  ///< into what is behind
    sc_core::sc_in<bool> next_ready{"next_ready"};
    In<Row> row{"row"};
    /// One for each value of a write.
    sc_core::sc_vector<sc_core::sc_out<bool>> probe_valid{"probe_valid"};
    sc_core::sc_vector<sc_core::sc_out<uint32_t>> probe_index{"probe_index"};
    sc_core::sc_vector<sc_core::sc_out<int32_t>> probe_value{"probe_value"};

  protected:
    /// Makes and binds the end of the layer; the engine's sums go into `total`.
    LayerModule(const sc_core::sc_module_name& name, const Chip& chip, size_t index);

    /// Binds what every clocked module has.
    template <class Module>
    void place(Module& module) {
        module.clk(clk);
        module.rst_n(rst_n);
    }
    /// Binds a stage or a collector between two registers.
    template <class Stage, class From, class To>
    void place(Stage& stage, From& from, To& to) {
        place(stage);
        stage.enable(enable_);
        stage.in(from);
        stage.out(to);
    }

    /// Binds the buffer of the engine to who writes it.
    template <class Buffer>
    void place_buffer(Buffer& buffer) {
        place(buffer);
        if (map_) {
            buffer.write(window_);
            buffer.in_ready(window_ready_);
        } else {
            buffer.write(in);
            buffer.in_ready(in_ready);
        }
    }

    /// The sums on their way to the post-op, of the lane.
    Register<Total>& total(size_t lane = 0) { return *lanes_[lane].total; }

    sc_core::sc_signal<bool> enable_{"enable"};

  private:
    /// One value of a write.
    struct Lane {
        Lane(const Chip& chip, size_t index, int lane);

        std::unique_ptr<Register<Total>> total;
        std::unique_ptr<LayerOutput> output;
        std::unique_ptr<Wire<Write>> write;                ///< where there are several
        std::unique_ptr<sc_core::sc_signal<bool>> enable;  ///< that of lane 0, again
    };

    void build_lanes(const Chip& chip, size_t index);
    void build_walk(const Chip& chip, size_t index);
    void build_skip(const Chip& chip, size_t index);

    Wire<Write> window_{"window"};
    sc_core::sc_signal<bool> window_ready_{"window_ready"}, map_leave_{"map_leave"};
    sc_core::sc_signal<bool> skip_valid_{"skip_valid", true};  ///< nothing added: nothing missing
    Register<int64_t> skip_value_{"skip_value"};
    std::unique_ptr<FeatureMap> map_;          ///< of a layer that walks
    std::unique_ptr<SkipMemory> skip_memory_;  ///< of a layer that adds
    std::vector<Lane> lanes_;
    std::unique_ptr<WriteJoin> write_join_;  ///< where there are several lanes
};

/// Elements in one write of the buffer of an engine.
int buffer_lanes(const Chip& chip, size_t index);

/// Makes layer `index` of a chip.
using LayerFactory =
    std::function<std::unique_ptr<LayerModule>(const char* name, const Chip& chip, size_t index)>;
/// The digital layer by its engine.
std::unique_ptr<LayerModule> make_layer(const char* name, const Chip& chip, size_t index);

}  // namespace permloom::systemc
