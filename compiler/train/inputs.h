/// Images as the network sees them: prepared once, turned into real values batch by batch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "compiler/base/rng.h"
#include "compiler/data/augment.h"
#include "compiler/data/dataset.h"
#include "compiler/nn/sparse.h"
#include "compiler/spec/network.h"

namespace permloom {

/// A circular move of an image, in pixels.
struct Shift {
    int rows = 0, columns = 0;
};

class Inputs {
  public:
    /// `mean`: of each value, for `mean: per_pixel`. Throws Error when the images do not have the
    /// network's input shape.
    Inputs(const InputSpec& spec, const Images& images, const std::string& data_name,
           std::vector<float> mean = {});

    int count() const { return count_; }
    uint8_t label(int image) const { return labels_[static_cast<size_t>(image)]; }

    /// The real values (x_q - zero) * scale of one image. Images of a shuffled order come from far
    /// apart: `prefetch` asks memory for one that is needed soon (its values that are not 0, where
    /// is_sparse).
    void prefetch(int image) const;
    void write(int image, Shift shift, float* values) const;
    /// The same of an image changed at random. `scratch` holds the values of one image.
    void write_augmented(int image, const Augmenter& augmenter, Rng& random, float* scratch,
                         float* values) const;

    /// Whether most values are exactly 0, so that products may skip them.
    bool is_sparse() const { return !sparse_begin_.empty(); }
    /// The values of one image that are not 0, as row `row` of `rows`.
    void write_sparse(int image, SparseRows& rows, int row) const;

    /// The real value that an input line's complement adds to it: line + complement is constant.
    static double complement_sum(const InputSpec& spec);

  private:
    void index_nonzero();
    float value(uint8_t code) const { return (static_cast<float>(code) - zero_) * scale_; }

    int count_, rows_, row_values_, channels_;
    float scale_, zero_, div_, offset_;
    bool real_;                   ///< codes_ are pixels, x / div - mean goes in
    std::vector<float> mean_;     ///< a value; empty: offset_ for all
    std::vector<uint8_t> codes_;  ///< count x rows x row_values
    std::vector<uint8_t> labels_;
    std::vector<size_t> sparse_begin_;  ///< of each image, in sparse_line_
    std::vector<uint16_t> sparse_line_;
    std::vector<uint8_t> sparse_code_;  ///< beside the lines
};

/// Mean over all images of each value x / div, in single precision.
std::vector<float> pixel_means(const InputSpec& spec, const Images& images);

}  // namespace permloom
