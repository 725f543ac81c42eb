/// One registered stage of a layer's pipeline.
#pragma once

#include <systemc>

#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// Passes tokens on under the enable of the layer. A derived stage says in `advance` what it does
/// to the data of a valid token; bubbles cost nothing, and a stage without tokens sleeps until the
/// register in front of it changes.
template <class From, class To>
class PipelineStage : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"}, enable{"enable"};
    In<From> in{"in"};
    Out<To> out{"out"};

  protected:
    SC_HAS_PROCESS(PipelineStage);
    explicit PipelineStage(const sc_core::sc_module_name& name) : sc_module(name) {
        SC_METHOD(edge);
        sensitive << clk.pos();
        dont_initialize();
    }

    /// A stage that adds up takes its input in here and lets the last token alone go on.
    virtual bool goes_on(const From&) { return true; }
    /// `to.token` is `from.token` already; everything else of `to` is to be written.
    virtual void advance(const From& from, To& to) = 0;

  private:
    void edge() {
        if (asleep_) {
            asleep_ = false;  // `in` has changed; the next call is that of an edge
            return;
        }
        const From& from = in->read();
        if (!rst_n->read()) {
            clear();
        } else if (!from.token.valid && !occupied_) {
            asleep_ = true;
            next_trigger(in->default_event());
        } else if (enable->read()) {
            if (from.token.valid && goes_on(from)) {
                To& to = out->next();
                to.token = from.token;
                advance(from, to);
                occupied_ = true;
            } else if (occupied_) {
                clear();
            }
        }
    }

    void clear() {
        out->next().token.valid = false;
        occupied_ = false;
    }

    bool occupied_ = false;  ///< the register behind may hold a valid token
    bool asleep_ = false;
};

}  // namespace permloom::systemc
