#include "compiler/passes/input_moments.h"

#include "compiler/base/error.h"

namespace permloom {

InputMoments::InputMoments(int inputs)
    : sums_(static_cast<size_t>(inputs), 0.0),
      products_(static_cast<size_t>(inputs) * static_cast<size_t>(inputs), 0.0) {}

void InputMoments::add(std::span<const int32_t> codes) {
    PERMLOOM_ASSERT(codes.size() == sums_.size());
    count_ += 1.0;
    thread_local std::vector<size_t> present;
    present.clear();
    for (size_t i = 0; i < codes.size(); ++i)
        if (codes[i] != 0) present.push_back(i);
    for (const size_t i : present) {
        sums_[i] += codes[i];
        double* row = products_.data() + i * sums_.size();
        for (const size_t k : present)
            row[k] += static_cast<double>(codes[i]) * codes[k];
    }
}

double InputMoments::mean(int input) const {
    PERMLOOM_ASSERT(count_ > 0.0);
    return sums_[static_cast<size_t>(input)] / count_;
}

double InputMoments::covariance(int one, int other) const {
    const size_t at = static_cast<size_t>(one) * sums_.size() + static_cast<size_t>(other);
    return products_[at] / count_ - mean(one) * mean(other);
}

std::vector<double> InputMoments::covariances() const {
    std::vector<double> result;
    result.reserve(products_.size());
    for (int i = 0; i < inputs(); ++i)
        for (int k = 0; k < inputs(); ++k)
            result.push_back(covariance(i, k));
    return result;
}

}  // namespace permloom
