#include "compiler/train/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "compiler/base/error.h"
#include "compiler/program/configuration.h"

namespace permloom {
namespace {

/// Skipping zeros pays below this share of other values.
constexpr double SPARSE_SHARE = 0.35;

/// Codes of all 256 pixel values, by the formula that the hardware's host uses.
std::vector<uint16_t> code_table(InputSpec spec) {
    std::array<uint8_t, 256> pixels{};
    for (size_t i = 0; i < pixels.size(); ++i)
        pixels[i] = static_cast<uint8_t>(i);
    spec.size = static_cast<int>(pixels.size());
    return quantise_pixels(spec, pixels);
}

void check_shape(const InputSpec& spec, const Images& images, const std::string& data_name) {
    const bool flat = spec.shape.rows == 1 && spec.shape.columns == 1;
    const Shape have{images.rows, images.columns, images.channels};
    if (images.pixels_per_image() != spec.size)
        throw Error(data_name,
                    fmt::format("its images have {} pixels ({} x {}), the network takes {}",
                                images.pixels_per_image(), images.rows, images.columns, spec.size),
                    "give the data set that the network is made for");
    if (!flat && have != spec.shape)
        throw Error(data_name,
                    fmt::format("its images are {} x {} x {}, the network takes {} x {} x {}",
                                have.rows, have.columns, have.channels, spec.shape.rows,
                                spec.shape.columns, spec.shape.channels),
                    "give the data set that the network is made for");
}

}  // namespace

Inputs::Inputs(const InputSpec& spec, const Images& images, const std::string& data_name,
               std::vector<float> mean)
    : count_(images.count),
      rows_(images.rows),
      row_values_(images.columns * images.channels),
      channels_(images.channels),
      scale_(static_cast<float>(spec.scale)),
      zero_(static_cast<float>(spec.zero)),
      div_(static_cast<float>(spec.div)),
      offset_(static_cast<float>(spec.mean)),
      real_(spec.bits == 0),
      mean_(std::move(mean)),
      labels_(images.labels) {
    check_shape(spec, images, data_name);
    PERMLOOM_ASSERT(spec.bits <= 8);
    PERMLOOM_ASSERT(!spec.per_pixel_mean || mean_.size() == static_cast<size_t>(spec.size));
    if (real_) {
        codes_ = images.pixels;
        return;
    }
    const std::vector<uint16_t> codes = code_table(spec);
    codes_.resize(images.pixels.size());
    std::transform(images.pixels.begin(), images.pixels.end(), codes_.begin(),
                   [&](uint8_t pixel) { return static_cast<uint8_t>(codes[pixel]); });
    index_nonzero();
}

void Inputs::index_nonzero() {
    const auto zero = static_cast<uint8_t>(zero_);
    const auto size = static_cast<size_t>(rows_) * static_cast<size_t>(row_values_);
    const auto others =
        codes_.size() - static_cast<size_t>(std::count(codes_.begin(), codes_.end(), zero));
    if (size > std::numeric_limits<uint16_t>::max() ||
        static_cast<double>(others) > SPARSE_SHARE * static_cast<double>(codes_.size()))
        return;
    sparse_line_.reserve(others);
    sparse_code_.reserve(others);
    for (size_t i = 0; i < codes_.size(); ++i) {
        if (i % size == 0) sparse_begin_.push_back(sparse_line_.size());
        if (codes_[i] == zero) continue;
        sparse_line_.push_back(static_cast<uint16_t>(i % size));
        sparse_code_.push_back(codes_[i]);
    }
    sparse_begin_.push_back(sparse_line_.size());
}

void Inputs::prefetch(int image) const {
    const auto fetch = [](const auto* items, size_t count) {
        constexpr size_t CACHE_LINE = 64;
        for (size_t i = 0; i < count; i += CACHE_LINE / sizeof(*items))
            __builtin_prefetch(items + i);
    };
    const auto at = static_cast<size_t>(image);
    if (is_sparse()) {
        const size_t begin = sparse_begin_[at], count = sparse_begin_[at + 1] - begin;
        fetch(sparse_line_.data() + begin, count);
        fetch(sparse_code_.data() + begin, count);
        return;
    }
    const auto size = static_cast<size_t>(rows_) * static_cast<size_t>(row_values_);
    fetch(codes_.data() + at * size, size);
}

void Inputs::write(int image, Shift shift, float* values) const {
    const auto to_real = [&](const uint8_t* from, int count, float* to) {
        for (int i = 0; i < count; ++i)
            to[i] = value(from[i]);
    };
    const int size = rows_ * row_values_;
    const uint8_t* codes = codes_.data() + static_cast<size_t>(image) * static_cast<size_t>(size);
    if (real_) {
        for (int i = 0; i < size; ++i)
            values[i] = static_cast<float>(codes[i]) / div_ -
                        (mean_.empty() ? offset_ : mean_[static_cast<size_t>(i)]);
        return;
    }
    if (shift.rows == 0 && shift.columns == 0) return to_real(codes, size, values);
    const int columns = row_values_ / channels_;
    const int cut = ((shift.columns % columns + columns) % columns) * channels_;
    for (int row = 0; row < rows_; ++row) {
        const int to_row = ((row + shift.rows) % rows_ + rows_) % rows_;
        const uint8_t* from = codes + row * row_values_;
        float* to = values + to_row * row_values_;
        to_real(from, row_values_ - cut, to + cut);
        to_real(from + row_values_ - cut, cut, to);
    }
}

void Inputs::write_augmented(int image, const Augmenter& augmenter, Rng& random, float* scratch,
                             float* values) const {
    const auto size = static_cast<size_t>(rows_) * static_cast<size_t>(row_values_);
    write(image, {}, scratch);
    augmenter.apply(augmenter.draw(random), std::span<const float>(scratch, size),
                    std::span<float>(values, size));
}

void Inputs::write_sparse(int image, SparseRows& rows, int row) const {
    const size_t begin = sparse_begin_[static_cast<size_t>(image)];
    const size_t count = sparse_begin_[static_cast<size_t>(image) + 1] - begin;
    const size_t at = static_cast<size_t>(row) * static_cast<size_t>(rows.width);
    std::copy_n(sparse_line_.data() + begin, count, rows.line.data() + at);
    std::transform(sparse_code_.data() + begin, sparse_code_.data() + begin + count,
                   rows.value.data() + at, [zero = zero_, scale = scale_](uint8_t code) {
                       return (static_cast<float>(code) - zero) * scale;
                   });
    rows.count[static_cast<size_t>(row)] = static_cast<int32_t>(count);
}

double Inputs::complement_sum(const InputSpec& spec) {
    const int highest = (1 << spec.bits) - 1;
    return (highest - 2 * spec.zero) * spec.scale;
}

std::vector<float> pixel_means(const InputSpec& spec, const Images& images) {
    const auto size = static_cast<size_t>(images.pixels_per_image());
    std::vector<uint64_t> sums(size);
    for (int i = 0; i < images.count; ++i) {
        const auto image = images.image(i);
        for (size_t p = 0; p < size; ++p)
            sums[p] += image[p];
    }
    std::vector<float> means(size);
    for (size_t p = 0; p < size; ++p)
        means[p] = static_cast<float>(static_cast<double>(sums[p]) / images.count / spec.div);
    return means;
}

}  // namespace permloom
