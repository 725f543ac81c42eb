/// Batch norm (Ioffe and Szegedy, 2015) with Keras' constants.
#pragma once

#include <vector>

#include "compiler/nn/layer_weights.h"
#include "compiler/nn/op.h"

namespace permloom {

/// y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, a channel at a time. In training mean
/// and (biased) variance are the batch's, and the running ones move a hundredth of the way towards
/// them.
class BatchNormOp : public Op {
  public:
    BatchNormOp(BatchNormWeights& weights, Value& in, Value& out, int slices);

    int prepare_pieces() const override { return 1; }
    void prepare(const Pass& pass, int) override;
    bool couples() const override { return true; }
    void gather(const Pass& pass, const Slice& slice) override;
    void combine(const Pass& pass) override;
    void forward(const Pass&, const Slice& slice) override;
    void gather_gradient(const Pass& pass, const Slice& slice) override;
    void combine_gradient(const Pass& pass) override;
    void backward(const Pass&, const Slice& slice) override;

    const std::vector<float>& gamma_gradient() const { return gamma_gradient_; }
    const std::vector<float>& beta_gradient() const { return beta_gradient_; }

  private:
    /// Sums of two columns of numbers a channel, over a slice.
    struct Sums {
        std::vector<double> first, second;
    };
    void add_up(const Pass& pass, std::vector<double>& first, std::vector<double>& second) const;
    int positions(int images) const { return images * in_.shape.rows * in_.shape.columns; }

    BatchNormWeights& weights_;
    Value &in_, &out_;
    int channels_;
    std::vector<Sums> sums_;                        // a slice
    std::vector<double> first_, second_;            // over all slices
    std::vector<float> mean_, inverse_;             // of this pass
    std::vector<float> scale_, shift_;              // y = scale * x + shift
    std::vector<float> by_gradient_, by_x_, rest_;  // dx = by_gradient * dy + by_x * x + rest
    std::vector<float> gamma_gradient_, beta_gradient_;
};

}  // namespace permloom
