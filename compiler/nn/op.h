/// One operation of the forward pass and its gradient, on slices of a batch.
///
/// Images are independent of one another, so a slice of the batch runs through many operations on
/// its own, forward and backward. Batch norm alone couples them: it gathers sums slice by slice,
/// combines them once, and goes on slice by slice.
#pragma once

#include <cstdint>
#include <span>

#include "compiler/nn/aligned.h"
#include "compiler/nn/matrix.h"
#include "compiler/spec/layer.h"

namespace permloom {

/// Images [begin, end) of the batch; `index` counts the slices.
struct Slice {
    int index = 0, begin = 0, end = 0;

    int images() const { return end - begin; }
};

/// What one pass over the network is told.
struct Pass {
    int images = 0;
    std::span<const Slice> slices;
    bool batch_statistics = false;  ///< of batch norm: this batch's, else the running ones
    bool dropout = false;
    uint64_t dropout_seed = 0;  ///< of this step
};

/// A map of a batch and the gradient of the loss by it; images x shape.size() each.
struct Value {
    Shape shape;
    AlignedFloats data, gradient;  ///< gradient: empty where nothing is trained before it

    size_t at(int image) const {
        return static_cast<size_t>(image) * static_cast<size_t>(shape.size());
    }
    float* row(int image) { return data.data() + at(image); }
    float* gradient_row(int image) { return gradient.data() + at(image); }
    size_t count(const Slice& slice) const { return at(slice.images()); }
    Matrix rows(const Slice& slice) {
        return {row(slice.begin), slice.images(), shape.size(), shape.size()};
    }
    Matrix gradient_rows(const Slice& slice) {
        return {gradient_row(slice.begin), slice.images(), shape.size(), shape.size()};
    }
};

class Op {
  public:
    virtual ~Op() = default;

    /// Before a pass over batches of this many images; the one place that may allocate.
    virtual void bind(const Pass&) {}
    /// Work that does not depend on images, in pieces that may run side by side; before every pass.
    virtual int prepare_pieces() const { return 0; }
    virtual void prepare(const Pass&, int /*piece*/) {}

    /// Whether images meet: then `gather` on every slice and `combine` come before `forward`, and
    /// likewise on the way back.
    virtual bool couples() const { return false; }
    virtual void gather(const Pass&, const Slice&) {}
    virtual void combine(const Pass&) {}
    virtual void forward(const Pass&, const Slice&) = 0;
    virtual void gather_gradient(const Pass&, const Slice&) {}
    virtual void combine_gradient(const Pass&) {}
    virtual void backward(const Pass&, const Slice&) = 0;

    /// After the backward pass: what the slices found, added up in order; pieces as in `prepare`.
    virtual int finish_pieces() const { return 0; }
    virtual void finish(const Pass&, int /*piece*/) {}
};

/// Where the gradient by an operation's input goes: a value that several operations read gets the
/// sum of what each finds.
class InputGradient {
  public:
    /// `overwrites`: of all readers of `value`, this one's backward runs first. `images`: the most.
    InputGradient(Value& value, bool overwrites, int images);

    bool wanted() const { return !value_->gradient.empty(); }
    /// Where to write the gradient of a slice, before `written`.
    Matrix target(const Slice& slice);
    void written(const Slice& slice);
    /// The same for a gradient that exists already.
    void take(const Slice& slice, const float* gradient);

  private:
    Value* value_;
    bool overwrites_;
    AlignedFloats scratch_;
};

}  // namespace permloom
