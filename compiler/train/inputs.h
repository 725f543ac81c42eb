/// Images as the network sees them: quantised once, turned into real values batch by batch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/data/dataset.h"
#include "compiler/nn/matrix.h"
#include "compiler/spec/network.h"

namespace permloom {

/// A circular move of an image, in pixels.
struct Shift {
    int rows = 0, columns = 0;
};

class Inputs {
  public:
    /// Throws Error when the images do not have the network's input size.
    Inputs(const InputSpec& spec, const Images& images, const std::string& data_name);

    int count() const { return count_; }
    uint8_t label(int image) const { return labels_[static_cast<size_t>(image)]; }

    /// The real values (x_q - zero) * scale of one image. Images of a shuffled order come from far
    /// apart: `prefetch` asks memory for one that is needed soon.
    void prefetch(int image) const;
    void write(int image, Shift shift, float* values) const;

    /// The real value that an input line's complement adds to it: line + complement is constant.
    static double complement_sum(const InputSpec& spec);

  private:
    int count_, rows_, row_values_, channels_;
    float scale_;
    float zero_;
    std::vector<uint8_t> codes_;  ///< count x rows x row_values
    std::vector<uint8_t> labels_;
};

}  // namespace permloom
