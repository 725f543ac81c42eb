/// The two operations with weights: dense and convolution.
#pragma once

#include <memory>
#include <vector>

#include "compiler/nn/convolution.h"
#include "compiler/nn/layer_weights.h"
#include "compiler/nn/op.h"
#include "compiler/nn/sparse.h"

namespace permloom {

/// Sums of gradients by a layer's bias: slice by slice, then over the slices in order.
class BiasGradient {
  public:
    BiasGradient(int outputs, int slices);
    /// Sums the rows of g, positions x outputs.
    void gather(int slice, ConstMatrix g);
    void finish(int slices);
    const std::vector<float>& gradient() const { return total_; }

  private:
    int outputs_;
    std::vector<double> partial_;
    std::vector<float> total_;
};

/// z = alpha * (W x + bias - offset). After backward the gradient of its output is d loss / d s;
/// the gradient of the weights, gradient^T x, is left to whoever moves them.
class DenseOp : public Op {
  public:
    /// `sparse` null, or the input's values that are not zero: then `in` is not read.
    DenseOp(const LayerWeights& weights, Value& in, Value& out, InputGradient gradient,
            const SparseRows* sparse, int slices, bool trains);

    int prepare_pieces() const override;
    void prepare(const Pass&, int piece) override;
    void forward(const Pass&, const Slice& slice) override;
    void backward(const Pass&, const Slice& slice) override;
    int finish_pieces() const override { return bias_ ? 1 : 0; }
    void finish(const Pass& pass, int piece) override;

    const BiasGradient* bias() const { return bias_.get(); }

  private:
    const LayerWeights& weights_;
    Value &in_, &out_;
    InputGradient gradient_;
    const SparseRows* sparse_;
    AlignedFloats panels_;
    std::unique_ptr<BiasGradient> bias_;
};

/// The same with the windows of a map. The gradient of the weights is complete after `finish`.
class ConvOp : public Op {
  public:
    struct Options {
        bool relu = false;  ///< computes max(z, 0): needs alpha = 1, offset = 0
        bool trains = false;
        int slices = 1;
    };
    ConvOp(const LayerSpec& spec, const LayerWeights& weights, Value& in, Value& out,
           InputGradient gradient, const Options& options);

    void bind(const Pass& pass) override;
    int prepare_pieces() const override { return 1; }
    void prepare(const Pass&, int) override { pack_->run(); }
    void forward(const Pass&, const Slice& slice) override;
    void backward(const Pass&, const Slice& slice) override;
    int finish_pieces() const override { return options_.trains ? 1 : 0; }
    void finish(const Pass& pass, int) override;

    /// d loss / d weights, outputs x inputs.
    const float* weight_gradient() const { return weight_gradient_.data(); }
    const BiasGradient* bias() const { return bias_.get(); }

  private:
    using Calls = std::vector<std::unique_ptr<Convolution::Call>>;  ///< one a slice

    Calls prepare_calls(const Pass& pass);
    /// Of the batch under way.
    Convolution::Call& prepared(const Slice& slice) {
        return *bound_.front().second[static_cast<size_t>(slice.index)];
    }

    const LayerWeights& weights_;
    Value &in_, &out_;
    InputGradient gradient_;
    Options options_;
    Convolution convolution_;
    AlignedFloats packed_forward_, packed_backward_;
    AlignedFloats partial_gradients_;  ///< slices x packed
    AlignedFloats weight_gradient_;
    std::unique_ptr<Convolution::Copy> pack_, unpack_;
    std::vector<std::pair<int, Calls>> bound_;  ///< by images of the batch, the latest first
    std::unique_ptr<BiasGradient> bias_;
};

}  // namespace permloom
