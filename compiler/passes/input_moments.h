/// What is known of the inputs of a layer: their means and covariances, in codes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace permloom {

class InputMoments {
  public:
    InputMoments() = default;
    explicit InputMoments(int inputs);

    /// One vector of codes, one for each input.
    void add(std::span<const int32_t> codes);

    int inputs() const { return static_cast<int>(sums_.size()); }
    double mean(int input) const;
    double covariance(int one, int other) const;
    /// All of them, inputs x inputs.
    std::vector<double> covariances() const;

  private:
    double count_ = 0.0;
    std::vector<double> sums_, products_;  ///< whole numbers: exact in any order
};

}  // namespace permloom
