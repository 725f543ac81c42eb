/// Several readers of what one layer, or the pixel loader, writes: written when all are ready.
#pragma once

#include <systemc>
#include <vector>

namespace permloom::systemc {

class ReadyJoin final : public sc_core::sc_module {
  public:
    sc_core::sc_port<sc_core::sc_signal_in_if<bool>, 0> ready{"ready"};  ///< of each
    sc_core::sc_out<bool> all_ready{"all_ready"};

    explicit ReadyJoin(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_METHOD(join);
        sensitive << ready;
    }

  private:
    SC_HAS_PROCESS(ReadyJoin);
    void join() {  ///< combinational
        bool all = true;
        for (int i = 0; i < ready.size(); ++i)
            all = all && ready[i]->read();
        all_ready->write(all);
    }
};

}  // namespace permloom::systemc
