/// A layer of any engine with the buffer in front of it, as the chip sees it.
#pragma once

#include <memory>

#include "compiler/program/chip.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"
#include "sim/systemc/layer_output.h"

namespace permloom::systemc {

class LayerModule : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    In<Write> in{"in"};  ///< into the buffer in front
    sc_core::sc_out<bool> in_ready{"in_ready"};
    Out<Write> write{"write"};  ///< into the buffer behind
    sc_core::sc_in<bool> next_ready{"next_ready"};
    In<Row> row{"row"};
    sc_core::sc_out<bool> probe_valid{"probe_valid"};
    sc_core::sc_out<uint32_t> probe_index{"probe_index"};
    sc_core::sc_out<int32_t> probe_value{"probe_value"};

  protected:
    /// Makes and binds the end of the layer; the engine's sums go into `total_`.
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

    sc_core::sc_signal<bool> enable_{"enable"};
    Register<Total> total_{"total"};

  private:
    LayerOutput output_;
};

/// Elements of the buffer's width in one write to a layer.
int write_lanes(const Chip& chip, size_t index);

/// The layer by its engine.
std::unique_ptr<LayerModule> make_layer(const char* name, const Chip& chip, size_t index);

}  // namespace permloom::systemc
