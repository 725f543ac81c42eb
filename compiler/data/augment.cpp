#include "compiler/data/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "compiler/base/error.h"

namespace permloom {
namespace {

struct Shape {
    int rows, columns, channels;
};

/// Source position of the pixel (row, column) of the changed image, along one axis.
struct Position {
    double start, per_row, per_column;

    double in_row(int row) const { return start + row * per_row; }
};

/// Source positions of one change along rows and along columns.
struct Positions {
    Position row, column;

    Positions(const ImageChange& change, const Shape& shape) {
        const double angle = change.rotation * std::numbers::pi / 180;
        const double cosine = std::cos(angle), sine = std::sin(angle);
        const double middle_row = (shape.rows - 1) / 2.0, middle_column = (shape.columns - 1) / 2.0;
        // Where the first pixel comes from, zoomed and shifted.
        const double first_row = change.shift_rows - change.zoom_rows * middle_row;
        const double first_column = change.shift_columns - change.zoom_columns * middle_column;
        row = {middle_row + cosine * first_row - sine * first_column, cosine * change.zoom_rows,
               -sine * change.zoom_columns};
        column = {middle_column + sine * first_row + cosine * first_column, sine * change.zoom_rows,
                  cosine * change.zoom_columns};
        if (change.flip)
            for (Position* position : {&row, &column}) {
                position->start += (shape.columns - 1) * position->per_column;
                position->per_column = -position->per_column;
            }
    }
};

/// Two neighbouring pixels on one axis and the weights between them.
struct Neighbours {
    int first;
    float first_weight, second_weight;

    /// The nearest position in 0 .. last; `last` = 0 is between pixel 0 and a second of no weight.
    Neighbours(double position, int last) {
        const double inside = std::min(std::max(position, 0.0), static_cast<double>(last));
        first = std::min(static_cast<int>(inside), std::max(last - 1, 0));
        second_weight = static_cast<float>(inside - first);
        first_weight = 1 - second_weight;
    }
};

/// CHANNELS: the number of channels where it is fixed beforehand, else 0.
template <int CHANNELS, class Pixel>
void interpolate(const Positions& positions, const Shape& shape, const Pixel* source,
                 float* destination) {
    const int channels = CHANNELS > 0 ? CHANNELS : shape.channels;
    const std::ptrdiff_t row_stride = std::ptrdiff_t{shape.columns} * channels;
    const std::ptrdiff_t right = shape.columns > 1 ? channels : 0;
    const std::ptrdiff_t down = shape.rows > 1 ? row_stride : 0;
    for (int i = 0; i < shape.rows; ++i) {
        const double row = positions.row.in_row(i), column = positions.column.in_row(i);
        for (int j = 0; j < shape.columns; ++j) {
            const Neighbours y(row + j * positions.row.per_column, shape.rows - 1);
            const Neighbours x(column + j * positions.column.per_column, shape.columns - 1);
            const Pixel* above = source + y.first * row_stride + x.first * channels;
            const Pixel* below = above + down;
            for (int c = 0; c < channels; ++c)
                *destination++ =
                    y.first_weight * (x.first_weight * static_cast<float>(above[c]) +
                                      x.second_weight * static_cast<float>(above[right + c])) +
                    y.second_weight * (x.first_weight * static_cast<float>(below[c]) +
                                       x.second_weight * static_cast<float>(below[right + c]));
        }
    }
}

template <class Pixel>
void mirror(const Shape& shape, const Pixel* source, float* destination) {
    for (int i = 0; i < shape.rows; ++i, source += std::ptrdiff_t{shape.columns} * shape.channels)
        for (int j = shape.columns - 1; j >= 0; --j)
            for (int c = 0; c < shape.channels; ++c)
                *destination++ = static_cast<float>(source[std::ptrdiff_t{j} * shape.channels + c]);
}

bool stays_in_place(const ImageChange& change) {
    return change.rotation == 0 && change.shift_rows == 0 && change.shift_columns == 0 &&
           change.zoom_rows == 1 && change.zoom_columns == 1;
}

}  // namespace

Augmenter::Augmenter(const Augmentation& ranges, int rows, int columns, int channels)
    : ranges_(ranges), rows_(rows), columns_(columns), channels_(channels) {
    PERMLOOM_ASSERT(ranges.rotation >= 0 && ranges.shift >= 0);
    PERMLOOM_ASSERT(ranges.zoom >= 0 && ranges.zoom < 1);
    PERMLOOM_ASSERT(rows > 0 && columns > 0 && channels > 0);
}

ImageChange Augmenter::draw(Rng& rng) const {
    ImageChange change;
    if (ranges_.rotation > 0) change.rotation = rng.uniform(-ranges_.rotation, ranges_.rotation);
    if (ranges_.shift > 0) {
        change.shift_rows = rng.uniform(-ranges_.shift, ranges_.shift) * rows_;
        change.shift_columns = rng.uniform(-ranges_.shift, ranges_.shift) * columns_;
    }
    if (ranges_.zoom > 0) {
        change.zoom_rows = rng.uniform(1 - ranges_.zoom, 1 + ranges_.zoom);
        change.zoom_columns = rng.uniform(1 - ranges_.zoom, 1 + ranges_.zoom);
    }
    if (ranges_.flip) change.flip = rng.chance(0.5);
    return change;
}

template <class Pixel>
void Augmenter::apply_any(const ImageChange& change, std::span<const Pixel> source,
                          std::span<float> destination) const {
    const Shape shape{rows_, columns_, channels_};
    const auto size = static_cast<size_t>(rows_) * static_cast<size_t>(columns_ * channels_);
    PERMLOOM_ASSERT(source.size() == size && destination.size() == size);
    if (stays_in_place(change)) {
        if (change.flip)
            mirror(shape, source.data(), destination.data());
        else
            std::copy(source.begin(), source.end(), destination.begin());
        return;
    }
    const Positions positions(change, shape);
    if (channels_ == 1)
        interpolate<1>(positions, shape, source.data(), destination.data());
    else if (channels_ == 3)
        interpolate<3>(positions, shape, source.data(), destination.data());
    else
        interpolate<0>(positions, shape, source.data(), destination.data());
}

void Augmenter::apply(const ImageChange& change, std::span<const float> source,
                      std::span<float> destination) const {
    apply_any(change, source, destination);
}

void Augmenter::apply(const ImageChange& change, std::span<const uint8_t> source,
                      std::span<float> destination) const {
    apply_any(change, source, destination);
}

}  // namespace permloom
