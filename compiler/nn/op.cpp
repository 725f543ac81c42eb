#include "compiler/nn/op.h"

#include <algorithm>

namespace permloom {

InputGradient::InputGradient(Value& value, bool overwrites, int images)
    : value_(&value), overwrites_(overwrites) {
    if (wanted() && !overwrites) scratch_.resize(value.at(images));
}

Matrix InputGradient::target(const Slice& slice) {
    const Matrix own = value_->gradient_rows(slice);
    if (overwrites_) return own;
    return {scratch_.data() + value_->at(slice.begin), own.rows, own.columns, own.stride};
}

void InputGradient::written(const Slice& slice) {
    if (!overwrites_) take(slice, scratch_.data() + value_->at(slice.begin));
}

void InputGradient::take(const Slice& slice, const float* gradient) {
    float* own = value_->gradient_row(slice.begin);
    const size_t count = value_->count(slice);
    if (overwrites_) {
        std::copy_n(gradient, count, own);
        return;
    }
    for (size_t i = 0; i < count; ++i)
        own[i] += gradient[i];
}

}  // namespace permloom
