/// Writes of several post-ops side by side, as one.
#pragma once

#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// All post-ops of a layer write in the same cycles; value k of a write comes from port k.
class WriteJoin final : public sc_core::sc_module {
  public:
    sc_core::sc_port<ReadInterface<Write>, 0> in{"in"};
    Out<Write> out{"out"};

    /// `bits` of a value.
    WriteJoin(const sc_core::sc_module_name& name, int bits) : sc_module(name), bits_(bits) {
        SC_METHOD(join);
        sensitive << in;
    }

  private:
    SC_HAS_PROCESS(WriteJoin);

    void join() {
        Write& to = out->next();
        to = in[0]->read();
        for (int k = 1; k < in.size(); ++k)
            to.data |= in[k]->read().data << (k * bits_);
    }

    int bits_;
};

}  // namespace permloom::systemc
