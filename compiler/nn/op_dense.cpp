#include <algorithm>

#include "compiler/nn/op_weights.h"

namespace permloom {

BatchNormWeights::BatchNormWeights(int channels)
    : gamma(static_cast<size_t>(channels), 1.0F),
      beta(gamma.size()),
      mean(gamma.size()),
      variance(gamma.size(), 1.0F) {}

void scale_sums(const LayerWeights& layer, Matrix sums) {
    if (layer.bias.empty() && layer.alpha == 1.0F && layer.offset == 0.0F) return;
    for (int r = 0; r < sums.rows; ++r) {
        float* row = sums.row(r);
        for (int j = 0; j < layer.outputs; ++j) {
            const float constant =
                (layer.bias.empty() ? 0.0F : layer.bias[static_cast<size_t>(j)]) - layer.offset;
            row[j] = layer.alpha * (row[j] + constant);
        }
    }
}

BiasGradient::BiasGradient(int outputs, int slices)
    : outputs_(outputs),
      partial_(static_cast<size_t>(outputs) * static_cast<size_t>(slices)),
      total_(static_cast<size_t>(outputs)) {}

void BiasGradient::gather(int slice, ConstMatrix g) {
    double* sums = partial_.data() + static_cast<size_t>(slice) * static_cast<size_t>(outputs_);
    std::fill_n(sums, outputs_, 0.0);
    for (int r = 0; r < g.rows; ++r) {
        const float* row = g.data + static_cast<long>(r) * g.stride;
        for (int j = 0; j < outputs_; ++j)
            sums[j] += row[j];
    }
}

void BiasGradient::finish(int slices) {
    for (int j = 0; j < outputs_; ++j) {
        double sum = 0.0;
        for (int s = 0; s < slices; ++s)
            sum += partial_[static_cast<size_t>(s) * static_cast<size_t>(outputs_) +
                            static_cast<size_t>(j)];
        total_[static_cast<size_t>(j)] = static_cast<float>(sum);
    }
}

DenseOp::DenseOp(const LayerWeights& weights, Value& in, Value& out, InputGradient gradient,
                 const SparseRows* sparse, int slices, bool trains)
    : weights_(weights), in_(in), out_(out), gradient_(std::move(gradient)), sparse_(sparse) {
    if (sparse_)
        panels_.resize(static_cast<size_t>(panels_of(weights.outputs)) * PANEL *
                       static_cast<size_t>(weights.inputs));
    if (trains && !weights.bias.empty())
        bias_ = std::make_unique<BiasGradient>(weights.outputs, slices);
}

int DenseOp::prepare_pieces() const {
    return sparse_ ? panels_of(weights_.outputs) : 0;
}

void DenseOp::prepare(const Pass&, int piece) {
    pack_panel(
        weights_.matrix(), piece,
        panels_.data() + static_cast<size_t>(piece) * PANEL * static_cast<size_t>(weights_.inputs));
}

void DenseOp::forward(const Pass&, const Slice& slice) {
    const Matrix z = out_.rows(slice);
    if (sparse_)
        multiply_sparse(*sparse_, slice.begin, panels_.data(), z);
    else
        multiply_transposed(in_.rows(slice), weights_.matrix(), z);
    scale_sums(weights_, z);
}

void DenseOp::backward(const Pass&, const Slice& slice) {
    const Matrix g = out_.gradient_rows(slice);
    if (weights_.alpha != 1.0F)
        for (size_t i = 0; i < out_.count(slice); ++i)
            g.data[i] *= weights_.alpha;
    if (bias_) bias_->gather(slice.index, g);
    if (!gradient_.wanted()) return;
    multiply(g, weights_.matrix(), gradient_.target(slice));
    gradient_.written(slice);
}

void DenseOp::finish(const Pass& pass, int) {
    bias_->finish(static_cast<int>(pass.slices.size()));
}

}  // namespace permloom
