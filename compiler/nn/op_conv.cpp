#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/nn/op_weights.h"

namespace permloom {
namespace {

/// Batch sizes whose calls are kept: the batch, the last one of an epoch, and some to spare.
constexpr size_t MOST_BOUND = 8;

/// A map as one row a position.
Matrix positions(float* data, const Shape& shape, int images) {
    return {data, images * shape.rows * shape.columns, shape.channels, shape.channels};
}

}  // namespace

ConvOp::ConvOp(const LayerSpec& spec, const LayerWeights& weights, Value& in, Value& out,
               InputGradient gradient, const Options& options)
    : weights_(weights),
      in_(in),
      out_(out),
      gradient_(std::move(gradient)),
      options_(options),
      convolution_(ConvGeometry::of(spec),
                   {options.trains && gradient_.wanted(), !weights.bias.empty(), options.relu}) {
    packed_forward_.resize(convolution_.packed_forward());
    packed_backward_.resize(convolution_.packed_backward());
    pack_ = convolution_.prepare_pack(weights.weights.data(), packed_forward_.data(),
                                      packed_backward_.empty() ? nullptr : packed_backward_.data());
    if (!options.trains) return;
    partial_gradients_.resize(convolution_.packed_gradient() * static_cast<size_t>(options.slices));
    weight_gradient_.resize(weights.weights.size());
    unpack_ = convolution_.prepare_unpack(partial_gradients_.data(), weight_gradient_.data());
    if (!weights.bias.empty())
        bias_ = std::make_unique<BiasGradient>(weights.outputs, options.slices);
}

void ConvOp::bind(const Pass& pass) {
    const auto found = std::find_if(bound_.begin(), bound_.end(),
                                    [&](const auto& bound) { return bound.first == pass.images; });
    if (found != bound_.end()) {
        std::rotate(bound_.begin(), found, found + 1);
        return;
    }
    if (bound_.size() == MOST_BOUND) bound_.pop_back();
    bound_.emplace(bound_.begin(), pass.images, prepare_calls(pass));
}

ConvOp::Calls ConvOp::prepare_calls(const Pass& pass) {
    Calls calls;
    for (const Slice& slice : pass.slices) {
        Convolution::Buffers buffers{in_.row(slice.begin), out_.row(slice.begin),
                                     packed_forward_.data()};
        if (!weights_.bias.empty()) buffers.bias = weights_.bias.data();
        if (options_.trains) {
            buffers.dy = out_.gradient_row(slice.begin);
            buffers.dw = partial_gradients_.data() +
                         static_cast<size_t>(slice.index) * convolution_.packed_gradient();
            buffers.backward = packed_backward_.data();
            if (gradient_.wanted()) buffers.dx = gradient_.target(slice).data;
        }
        calls.push_back(convolution_.prepare(slice.images(), buffers));
    }
    return calls;
}

void ConvOp::forward(const Pass&, const Slice& slice) {
    prepared(slice).forward();
    if (weights_.alpha == 1.0F && weights_.offset == 0.0F) return;
    PERMLOOM_ASSERT(!options_.relu);
    float* z = out_.row(slice.begin);
    for (size_t i = 0; i < out_.count(slice); ++i)
        z[i] = weights_.alpha * (z[i] - weights_.offset);
}

void ConvOp::backward(const Pass&, const Slice& slice) {
    Convolution::Call& call = prepared(slice);
    float* g = out_.gradient_row(slice.begin);
    if (weights_.alpha != 1.0F)
        for (size_t i = 0; i < out_.count(slice); ++i)
            g[i] *= weights_.alpha;
    if (bias_) bias_->gather(slice.index, positions(g, out_.shape, slice.images()));
    call.backward_weights();
    if (!gradient_.wanted()) return;
    call.backward_data();
    gradient_.written(slice);
}

void ConvOp::finish(const Pass& pass, int) {
    const size_t size = convolution_.packed_gradient();
    float* total = partial_gradients_.data();
    for (size_t s = 1; s < pass.slices.size(); ++s) {
        const float* part = partial_gradients_.data() + s * size;
        for (size_t i = 0; i < size; ++i)
            total[i] += part[i];
    }
    unpack_->run();
    if (bias_) bias_->finish(static_cast<int>(pass.slices.size()));
}

}  // namespace permloom
