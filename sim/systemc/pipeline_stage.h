/// One registered stage of a layer's pipeline.
#pragma once

#include <systemc>

#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"

namespace permloom::systemc {

/// The token alone of a bundle in the pipeline: what a memory needs as its read address.
class TokenInterface : virtual public sc_core::sc_interface {
  public:
    virtual const Token& token() const = 0;
};

/// The register between two stages.
template <class T>
class PipelineRegister final : public Register<T>, public TokenInterface {
  public:
    using Register<T>::Register;
    const Token& token() const override { return this->read().token; }
};

using TokenIn = sc_core::sc_port<TokenInterface>;

/// Passes tokens on under the enable of the layer. A derived stage says in `advance` what it does
/// to the data of a valid token; bubbles cost nothing.
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

    /// `to.token` is `from.token` already; everything else of `to` is to be written.
    virtual void advance(const From& from, To& to) = 0;
    /// A stage with a memory loads its read register, after `advance` has used the old one.
    virtual void fetch() {}
    /// A stage with a memory takes a row of the load stream, even while the layer is stalled.
    virtual void store() {}

  private:
    void edge() {
        store();
        if (!rst_n->read()) {
            clear();
        } else if (enable->read()) {
            const From& from = in->read();
            if (from.token.valid) {
                To& to = out->next();
                to.token = from.token;
                advance(from, to);
                occupied_ = true;
            } else if (occupied_) {
                clear();
            }
            fetch();
        }
    }

    void clear() {
        out->next().token.valid = false;
        occupied_ = false;
    }

    bool occupied_ = false;  ///< the register behind may hold a valid token
};

}  // namespace permloom::systemc
