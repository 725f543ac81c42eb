#include "compiler/nn/op_shape.h"

#include <algorithm>
#include <cmath>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// A well mixed 32-bit number of a counter: Wellons' lowbias32, which vectorises.
uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352dU;
    x ^= x >> 15;
    x *= 0x846ca68bU;
    x ^= x >> 16;
    return x;
}

}  // namespace

void ReluOp::forward(const Pass&, const Slice& slice) {
    if (done_) return;
    float* x = value_.row(slice.begin);
    const size_t count = value_.count(slice);
    for (size_t i = 0; i < count; ++i)
        x[i] = x[i] > 0.0F ? x[i] : 0.0F;
}

void ReluOp::backward(const Pass&, const Slice& slice) {
    const float* y = value_.row(slice.begin);
    float* g = value_.gradient_row(slice.begin);
    const size_t count = value_.count(slice);
    for (size_t i = 0; i < count; ++i)
        g[i] = y[i] > 0.0F ? g[i] : 0.0F;
}

void ClipOp::forward(const Pass&, const Slice& slice) {
    const float* x = in_.row(slice.begin);
    float* y = out_.row(slice.begin);
    const size_t count = in_.count(slice);
    for (size_t i = 0; i < count; ++i)
        y[i] = std::min(std::max(x[i], 0.0F), 1.0F);
}

void ClipOp::backward(const Pass&, const Slice& slice) {
    const float *x = in_.row(slice.begin), *dy = out_.gradient_row(slice.begin);
    float* dx = in_.gradient_row(slice.begin);
    const size_t count = in_.count(slice);
    for (size_t i = 0; i < count; ++i)
        dx[i] = x[i] >= 0.0F && x[i] <= 1.0F ? dy[i] : 0.0F;
}

DropoutOp::DropoutOp(Value& value, double rate, uint32_t index)
    : value_(value),
      threshold_(static_cast<uint32_t>(std::lround(rate * 4294967295.0))),
      index_(index),
      factor_(static_cast<float>(1.0 / (1.0 - rate))) {}

void DropoutOp::apply(const Pass& pass, const Slice& slice, float* values) const {
    // A key an image; within an image the place counts.
    const auto size = static_cast<uint32_t>(value_.shape.size());
    const auto low = static_cast<uint32_t>(pass.dropout_seed);
    const auto high = static_cast<uint32_t>(pass.dropout_seed >> 32);
    for (int image = slice.begin; image < slice.end; ++image, values += size) {
        const uint32_t key =
            mix(mix(mix(low) + high) + (index_ << 20) + static_cast<uint32_t>(image));
        for (uint32_t i = 0; i < size; ++i)
            values[i] *= mix(i ^ key) >= threshold_ ? factor_ : 0.0F;
    }
}

void DropoutOp::forward(const Pass& pass, const Slice& slice) {
    if (pass.dropout) apply(pass, slice, value_.row(slice.begin));
}

void DropoutOp::backward(const Pass& pass, const Slice& slice) {
    if (pass.dropout) apply(pass, slice, value_.gradient_row(slice.begin));
}

MaxPoolOp::MaxPoolOp(Value& in, Value& out, int window, int images)
    : in_(in), out_(out), window_(window), place_(out.at(images)) {
    PERMLOOM_ASSERT(window <= 256);
}

void MaxPoolOp::forward(const Pass&, const Slice& slice) {
    const Shape &from = in_.shape, &to = out_.shape;
    const int channels = from.channels;
    for (int image = slice.begin; image < slice.end; ++image) {
        float* y = out_.row(image);
        uint16_t* place = place_.data() + out_.at(image);
        for (int row = 0; row < to.rows; ++row)
            for (int column = 0; column < to.columns; ++column, y += channels, place += channels) {
                const float* corner =
                    in_.row(image) +
                    static_cast<long>((row * from.columns + column) * window_) * channels;
                std::copy_n(corner, channels, y);
                std::fill_n(place, channels, uint16_t{0});
                for (int k = 1; k < window_ * window_; ++k) {
                    const float* x =
                        corner +
                        static_cast<long>(k / window_ * from.columns + k % window_) * channels;
                    for (int c = 0; c < channels; ++c) {
                        const bool larger = x[c] > y[c];
                        y[c] = larger ? x[c] : y[c];
                        place[c] = larger ? static_cast<uint16_t>(k) : place[c];
                    }
                }
            }
    }
}

void MaxPoolOp::backward(const Pass&, const Slice& slice) {
    const Shape &from = in_.shape, &to = out_.shape;
    const int channels = from.channels;
    for (int image = slice.begin; image < slice.end; ++image) {
        const float* dy = out_.gradient_row(image);
        const uint16_t* place = place_.data() + out_.at(image);
        // Rows and columns that fill no window have no gradient.
        if (to.rows * window_ != from.rows || to.columns * window_ != from.columns)
            std::fill_n(in_.gradient_row(image), from.size(), 0.0F);
        for (int row = 0; row < to.rows; ++row)
            for (int column = 0; column < to.columns; ++column, dy += channels, place += channels)
                for (int k = 0; k < window_ * window_; ++k) {
                    float* dx = in_.gradient_row(image) +
                                static_cast<long>((row * window_ + k / window_) * from.columns +
                                                  column * window_ + k % window_) *
                                    channels;
                    for (int c = 0; c < channels; ++c)
                        dx[c] = place[c] == k ? dy[c] : 0.0F;
                }
    }
}

void AveragePoolOp::forward(const Pass&, const Slice& slice) {
    const Shape &from = in_.shape, &to = out_.shape;
    const int channels = from.channels;
    const float share = 1.0F / static_cast<float>(rows_ * columns_);
    for (int image = slice.begin; image < slice.end; ++image) {
        float* y = out_.row(image);
        for (int row = 0; row < to.rows; ++row)
            for (int column = 0; column < to.columns; ++column, y += channels) {
                std::fill_n(y, channels, 0.0F);
                for (int i = 0; i < rows_; ++i)
                    for (int j = 0; j < columns_; ++j) {
                        const float* x =
                            in_.row(image) + static_cast<long>((row * rows_ + i) * from.columns +
                                                               column * columns_ + j) *
                                                 channels;
                        for (int c = 0; c < channels; ++c)
                            y[c] += x[c];
                    }
                for (int c = 0; c < channels; ++c)
                    y[c] *= share;
            }
    }
}

void AveragePoolOp::backward(const Pass&, const Slice& slice) {
    const Shape &from = in_.shape, &to = out_.shape;
    const int channels = from.channels;
    const float share = 1.0F / static_cast<float>(rows_ * columns_);
    for (int image = slice.begin; image < slice.end; ++image) {
        std::fill_n(in_.gradient_row(image), from.size(), 0.0F);
        for (int row = 0; row < to.rows * rows_; ++row)
            for (int column = 0; column < to.columns * columns_; ++column) {
                const float* dy =
                    out_.gradient_row(image) +
                    static_cast<long>(row / rows_ * to.columns + column / columns_) * channels;
                float* dx = in_.gradient_row(image) +
                            static_cast<long>(row * from.columns + column) * channels;
                for (int c = 0; c < channels; ++c)
                    dx[c] = share * dy[c];
            }
    }
}

void AddOp::forward(const Pass&, const Slice& slice) {
    const float *a = in_.row(slice.begin), *b = other_.row(slice.begin);
    float* y = out_.row(slice.begin);
    const size_t count = out_.count(slice);
    for (size_t i = 0; i < count; ++i)
        y[i] = a[i] + b[i];
}

void AddOp::backward(const Pass&, const Slice& slice) {
    const float* dy = out_.gradient_row(slice.begin);
    if (gradient_.wanted()) gradient_.take(slice, dy);
    if (&in_ != &out_) std::copy_n(dy, out_.count(slice), in_.gradient_row(slice.begin));
}

}  // namespace permloom
