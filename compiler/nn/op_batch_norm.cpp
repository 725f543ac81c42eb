#include "compiler/nn/op_batch_norm.h"

#include <algorithm>
#include <cmath>

namespace permloom {
namespace {

/// Positions whose sums are kept in single precision before they join the others in double.
constexpr int BLOCK = 64;

/// first[c] += sum a, second[c] += sum a * b over the positions of a slice; a and b are positions x
/// channels.
void sum_products(const float* a, const float* b, int positions, int channels, float* scratch,
                  double* first, double* second) {
    float *sum = scratch, *product = scratch + channels;
    for (int begin = 0; begin < positions; begin += BLOCK) {
        const int end = std::min(begin + BLOCK, positions);
        std::fill_n(scratch, 2 * channels, 0.0F);
        for (int p = begin; p < end; ++p) {
            const float* x = a + static_cast<long>(p) * channels;
            const float* y = b + static_cast<long>(p) * channels;
            for (int c = 0; c < channels; ++c) {
                sum[c] += x[c];
                product[c] += x[c] * y[c];
            }
        }
        for (int c = 0; c < channels; ++c) {
            first[c] += sum[c];
            second[c] += product[c];
        }
    }
}

}  // namespace

BatchNormOp::BatchNormOp(BatchNormWeights& weights, Value& in, Value& out, int slices)
    : weights_(weights),
      in_(in),
      out_(out),
      channels_(in.shape.channels),
      sums_(static_cast<size_t>(slices)) {
    const auto c = static_cast<size_t>(channels_);
    for (Sums& sums : sums_) {
        sums.first.resize(c);
        sums.second.resize(c);
    }
    for (auto* values : {&first_, &second_})
        values->resize(c);
    for (auto* values : {&mean_, &inverse_, &scale_, &shift_, &by_gradient_, &by_x_, &rest_,
                         &gamma_gradient_, &beta_gradient_})
        values->resize(c);
}

void BatchNormOp::add_up(const Pass& pass, std::vector<double>& first,
                         std::vector<double>& second) const {
    std::fill(first.begin(), first.end(), 0.0);
    std::fill(second.begin(), second.end(), 0.0);
    for (size_t s = 0; s < pass.slices.size(); ++s)
        for (size_t c = 0; c < first.size(); ++c) {
            first[c] += sums_[s].first[c];
            second[c] += sums_[s].second[c];
        }
}

void BatchNormOp::prepare(const Pass& pass, int) {
    if (pass.batch_statistics) return;
    for (size_t c = 0; c < scale_.size(); ++c) {
        mean_[c] = weights_.mean[c];
        inverse_[c] = 1.0F / std::sqrt(weights_.variance[c] + BATCH_NORM_EPSILON);
        scale_[c] = weights_.gamma[c] * inverse_[c];
        shift_[c] = weights_.beta[c] - mean_[c] * scale_[c];
    }
}

void BatchNormOp::gather(const Pass& pass, const Slice& slice) {
    if (!pass.batch_statistics) return;
    thread_local std::vector<float> scratch;
    scratch.resize(2 * static_cast<size_t>(channels_));
    Sums& sums = sums_[static_cast<size_t>(slice.index)];
    std::fill(sums.first.begin(), sums.first.end(), 0.0);
    std::fill(sums.second.begin(), sums.second.end(), 0.0);
    const float* x = in_.row(slice.begin);
    sum_products(x, x, positions(slice.images()), channels_, scratch.data(), sums.first.data(),
                 sums.second.data());
}

void BatchNormOp::combine(const Pass& pass) {
    if (!pass.batch_statistics) return;
    add_up(pass, first_, second_);
    const double count = positions(pass.images);
    for (size_t c = 0; c < scale_.size(); ++c) {
        const double mean = first_[c] / count;
        const double variance = std::max(second_[c] / count - mean * mean, 0.0);
        mean_[c] = static_cast<float>(mean);
        inverse_[c] = static_cast<float>(1.0 / std::sqrt(variance + double{BATCH_NORM_EPSILON}));
        scale_[c] = weights_.gamma[c] * inverse_[c];
        shift_[c] = weights_.beta[c] - mean_[c] * scale_[c];
        const auto move = [this](float& running, double now) {
            running =
                weights_.momentum * running + (1.0F - weights_.momentum) * static_cast<float>(now);
        };
        move(weights_.mean[c], mean);
        move(weights_.variance[c], variance);
    }
}

void BatchNormOp::forward(const Pass&, const Slice& slice) {
    const int rows = positions(slice.images());
    const float *x = in_.row(slice.begin), *scale = scale_.data(), *shift = shift_.data();
    float* y = out_.row(slice.begin);
    for (int p = 0; p < rows; ++p, x += channels_, y += channels_)
        for (int c = 0; c < channels_; ++c)
            y[c] = x[c] * scale[c] + shift[c];
}

void BatchNormOp::gather_gradient(const Pass&, const Slice& slice) {
    thread_local std::vector<float> scratch;
    scratch.resize(2 * static_cast<size_t>(channels_));
    Sums& sums = sums_[static_cast<size_t>(slice.index)];
    std::fill(sums.first.begin(), sums.first.end(), 0.0);
    std::fill(sums.second.begin(), sums.second.end(), 0.0);
    sum_products(out_.gradient_row(slice.begin), in_.row(slice.begin), positions(slice.images()),
                 channels_, scratch.data(), sums.first.data(), sums.second.data());
}

/// With h = (x - mean) * inverse: dx = gamma * inverse * (dy - mean(dy) - h * mean(dy * h)), and
/// gamma * inverse * dy where the statistics are the running ones, which x does not move.
void BatchNormOp::combine_gradient(const Pass& pass) {
    add_up(pass, first_, second_);
    const double count = positions(pass.images);
    for (size_t c = 0; c < scale_.size(); ++c) {
        const double mean = mean_[c], inverse = inverse_[c], scale = scale_[c];
        const double by_gamma = inverse * (second_[c] - mean * first_[c]);
        gamma_gradient_[c] = static_cast<float>(by_gamma);
        beta_gradient_[c] = static_cast<float>(first_[c]);
        by_gradient_[c] = scale_[c];
        if (!pass.batch_statistics) {
            by_x_[c] = rest_[c] = 0.0F;
            continue;
        }
        const double by_x = -scale * inverse * by_gamma / count;
        by_x_[c] = static_cast<float>(by_x);
        rest_[c] = static_cast<float>(-scale * first_[c] / count - by_x * mean);
    }
}

void BatchNormOp::backward(const Pass&, const Slice& slice) {
    const int rows = positions(slice.images());
    const float *x = in_.row(slice.begin), *dy = out_.gradient_row(slice.begin);
    const float *a = by_gradient_.data(), *b = by_x_.data(), *d = rest_.data();
    float* dx = in_.gradient_row(slice.begin);
    for (int p = 0; p < rows; ++p, x += channels_, dy += channels_, dx += channels_)
        for (int c = 0; c < channels_; ++c)
            dx[c] = a[c] * dy[c] + b[c] * x[c] + d[c];
}

}  // namespace permloom
