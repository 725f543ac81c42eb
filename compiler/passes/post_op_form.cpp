#include "compiler/passes/post_op_form.h"

#include <fmt/format.h>

#include <cmath>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// Takes the operations one after the other.
class Reader {
  public:
    Reader(const LayerSpec& spec, const LayerState& state, const std::string& where)
        : spec_(spec), state_(state), where_(where) {
        if (spec.activation == Activation::relu) form_.rectified = true;
        if (spec.activation == Activation::clip) form_.bounded = form_.unit_range = true;
    }

    void operator()(const BatchNormSpec&) {
        refuse(form_.bounded, "batch_norm", "a bound above and below");
        refuse(form_.added.has_value(), "batch_norm", "an addition");
        refuse(pooled(), "batch_norm", "a pool");
        if (norm_ == state_.batch_norms.size())
            throw Error(where_, "a batch norm without its numbers in the checkpoint");
        const LayerState::BatchNorm& numbers = state_.batch_norms[norm_++];
        const auto neurons = static_cast<size_t>(spec_.outputs);
        if (numbers.gamma.size() != neurons || numbers.beta.size() != neurons ||
            numbers.mean.size() != neurons || numbers.variance.size() != neurons)
            throw Error(where_, "a batch norm of another size than the layer");
        if (!form_.affine()) {
            form_.gain.assign(neurons, 1.0);
            form_.shift.assign(neurons, 0.0);
        }
        for (size_t j = 0; j < neurons; ++j) {
            const double gain = static_cast<double>(numbers.gamma[j]) /
                                std::sqrt(static_cast<double>(numbers.variance[j]) +
                                          static_cast<double>(BATCH_NORM_EPSILON));
            form_.gain[j] *= gain;
            form_.shift[j] = (form_.shift[j] - static_cast<double>(numbers.mean[j])) * gain +
                             static_cast<double>(numbers.beta[j]);
        }
    }

    void operator()(const ActivationSpec& activation) {
        if (activation.kind == Activation::none) return;
        refuse(pooled() && form_.pool == Pool::sum, "an activation", "an average pool");
        refuse(form_.unit_range, "an activation", "a clip");
        form_.bounded = true;
        if (activation.kind == Activation::clip) form_.unit_range = true;
    }

    void operator()(const AddSpec& add) {
        refuse(form_.added.has_value(), "an addition", "another");
        refuse(form_.bounded, "an addition", "a bound above and below");
        refuse(pooled(), "an addition", "a pool");
        form_.added = add.layer;
    }

    void operator()(const MaxPoolSpec& pool) { take_pool(Pool::max, pool.window); }

    void operator()(const AveragePoolSpec& pool) {
        if (pool.window == 0 && spec_.map.rows != spec_.map.columns)
            throw Error(where_, fmt::format("a global pool over {} x {} positions; a chip pools "
                                            "square windows",
                                            spec_.map.rows, spec_.map.columns));
        take_pool(Pool::sum, pool.window == 0 ? spec_.map.rows : pool.window);
    }

    void operator()(const FlattenSpec&) {}
    void operator()(const DropoutSpec&) {}

    PostOpForm take() { return std::move(form_); }

  private:
    bool pooled() const { return form_.pool != Pool::none; }

    void refuse(bool behind, const char* what, const char* of) const {
        if (behind)
            throw Error(where_, fmt::format("{} behind {} cannot be compiled", what, of),
                        "a chip has, in this order: relu, batch_norm, add, relu or clip, a pool");
    }

    void take_pool(Pool kind, int window) {
        refuse(pooled(), "a pool", "another");
        if (window == 1) return;
        form_.pool = kind;
        form_.window = window;
    }

    const LayerSpec& spec_;
    const LayerState& state_;
    const std::string& where_;
    size_t norm_ = 0;
    PostOpForm form_;
};

}  // namespace

PostOpForm post_op_form(const LayerSpec& spec, const LayerState& state, const std::string& where) {
    Reader reader(spec, state, where);
    for (const OpSpec& op : spec.then)
        std::visit(reader, op);
    return reader.take();
}

}  // namespace permloom
