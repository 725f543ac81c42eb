#include "compiler/train/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/base/error.h"
#include "compiler/program/configuration.h"

namespace permloom {
namespace {

/// Codes of all 256 pixel values, by the formula that the hardware's host uses.
std::vector<uint16_t> code_table(InputSpec spec) {
    std::array<uint8_t, 256> pixels{};
    for (size_t i = 0; i < pixels.size(); ++i)
        pixels[i] = static_cast<uint8_t>(i);
    spec.size = static_cast<int>(pixels.size());
    return quantise_pixels(spec, pixels);
}

}  // namespace

Inputs::Inputs(const InputSpec& spec, const Images& images, const std::string& data_name)
    : count_(images.count),
      rows_(images.rows),
      row_values_(images.columns * images.channels),
      channels_(images.channels),
      scale_(static_cast<float>(spec.scale)),
      zero_(static_cast<float>(spec.zero)),
      labels_(images.labels) {
    if (images.pixels_per_image() != spec.size)
        throw Error(data_name,
                    fmt::format("its images have {} pixels ({} x {}), the network takes {}",
                                images.pixels_per_image(), images.rows, images.columns, spec.size),
                    "give the data set that the network is made for");
    const std::vector<uint16_t> codes = code_table(spec);
    PERMLOOM_ASSERT(spec.bits <= 8);
    codes_.resize(images.pixels.size());
    std::transform(images.pixels.begin(), images.pixels.end(), codes_.begin(),
                   [&](uint8_t pixel) { return static_cast<uint8_t>(codes[pixel]); });
}

void Inputs::prefetch(int image) const {
    constexpr int CACHE_LINE = 64;
    const int size = rows_ * row_values_;
    const uint8_t* codes = codes_.data() + static_cast<size_t>(image) * static_cast<size_t>(size);
    for (int i = 0; i < size; i += CACHE_LINE)
        __builtin_prefetch(codes + i);
}

void Inputs::write(int image, Shift shift, float* values) const {
    const auto to_real = [&](const uint8_t* from, int count, float* to) {
        for (int i = 0; i < count; ++i)
            to[i] = (static_cast<float>(from[i]) - zero_) * scale_;
    };
    const int size = rows_ * row_values_;
    const uint8_t* codes = codes_.data() + static_cast<size_t>(image) * static_cast<size_t>(size);
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

double Inputs::complement_sum(const InputSpec& spec) {
    const int highest = (1 << spec.bits) - 1;
    return (highest - 2 * spec.zero) * spec.scale;
}

}  // namespace permloom
