/// The operations without weights: activations, dropout, pools, residual add.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/nn/op.h"

namespace permloom {

/// max(x, 0) in place. As in PyTorch the slope at 0 is 0.
class ReluOp : public Op {
  public:
    /// `done`: the operation before has computed it already, only the gradient is left.
    ReluOp(Value& value, bool done) : value_(value), done_(done) {}
    void forward(const Pass&, const Slice& slice) override;
    void backward(const Pass&, const Slice& slice) override;

  private:
    Value& value_;
    bool done_;
};

/// min(max(x, 0), 1); the slope is 1 on the closed interval, as in PyTorch.
class ClipOp : public Op {
  public:
    ClipOp(Value& in, Value& out) : in_(in), out_(out) {}
    void forward(const Pass&, const Slice& slice) override;
    void backward(const Pass&, const Slice& slice) override;

  private:
    Value &in_, &out_;
};

/// In training each value is 0 with probability `rate`, else divided by 1 - rate; in place. Which
/// ones follows from the pass's seed, `index` and the value's place alone.
class DropoutOp : public Op {
  public:
    DropoutOp(Value& value, double rate, uint32_t index);
    void forward(const Pass& pass, const Slice& slice) override;
    void backward(const Pass& pass, const Slice& slice) override;

  private:
    void apply(const Pass& pass, const Slice& slice, float* values) const;

    Value& value_;
    uint32_t threshold_, index_;
    float factor_;
};

/// Largest value of each window; of equal ones the first in reading order.
class MaxPoolOp : public Op {
  public:
    /// `images`: the most.
    MaxPoolOp(Value& in, Value& out, int window, int images);
    void forward(const Pass&, const Slice& slice) override;
    void backward(const Pass&, const Slice& slice) override;

  private:
    Value &in_, &out_;
    int window_;
    std::vector<uint16_t> place_;  // in the window, of each output
};

/// Mean of each window.
class AveragePoolOp : public Op {
  public:
    AveragePoolOp(Value& in, Value& out, int rows, int columns)
        : in_(in), out_(out), rows_(rows), columns_(columns) {}
    void forward(const Pass&, const Slice& slice) override;
    void backward(const Pass&, const Slice& slice) override;

  private:
    Value &in_, &out_;
    int rows_, columns_;
};

/// out = in + other; `out` may be `in`.
class AddOp : public Op {
  public:
    AddOp(Value& in, Value& out, Value& other, InputGradient other_gradient)
        : in_(in), out_(out), other_(other), gradient_(std::move(other_gradient)) {}
    void forward(const Pass&, const Slice& slice) override;
    void backward(const Pass&, const Slice& slice) override;

  private:
    Value &in_, &out_, &other_;
    InputGradient gradient_;
};

}  // namespace permloom
