#include "compiler/data/augment.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

using namespace permloom;

namespace {

using Values = std::vector<float>;

struct Image {
    int rows, columns, channels;
    Values values;

    float at(int row, int column, int channel) const {
        return values[static_cast<size_t>((row * columns + column) * channels + channel)];
    }
};

Image random_image(int rows, int columns, int channels, uint64_t seed) {
    Image image{rows, columns, channels, {}};
    Rng rng(seed);
    for (int i = 0; i < rows * columns * channels; ++i)
        image.values.push_back(static_cast<float>(rng.below(256)));
    return image;
}

Values apply(const Image& image, const ImageChange& change) {
    const Augmenter augmenter({}, image.rows, image.columns, image.channels);
    Values result(image.values.size(), -1);
    augmenter.apply(change, image.values, result);
    return result;
}

using Matrix = std::array<std::array<double, 3>, 3>;

Matrix operator*(const Matrix& a, const Matrix& b) {
    Matrix product{};
    for (size_t i = 0; i < 3; ++i)
        for (size_t j = 0; j < 3; ++j)
            for (size_t k = 0; k < 3; ++k)
                product[i][j] += a[i][k] * b[k][j];
    return product;
}

/// Keras' apply_affine_transform and flip_axis on scipy.ndimage.affine_transform (order 1, mode
/// "nearest"), step by step: product of homogeneous matrices, coordinates moved inside, spline
/// weights.
Values reference(const Image& image, const ImageChange& change) {
    const double theta = change.rotation * std::numbers::pi / 180;
    const double centre_row = image.rows / 2.0 - 0.5, centre_column = image.columns / 2.0 - 0.5;
    const Matrix rotation = {
        {{std::cos(theta), -std::sin(theta), 0}, {std::sin(theta), std::cos(theta), 0}, {0, 0, 1}}};
    const Matrix shift = {{{1, 0, change.shift_rows}, {0, 1, change.shift_columns}, {0, 0, 1}}};
    const Matrix zoom = {{{change.zoom_rows, 0, 0}, {0, change.zoom_columns, 0}, {0, 0, 1}}};
    const Matrix to_centre = {{{1, 0, -centre_row}, {0, 1, -centre_column}, {0, 0, 1}}};
    const Matrix from_centre = {{{1, 0, centre_row}, {0, 1, centre_column}, {0, 0, 1}}};
    const Matrix m = from_centre * rotation * shift * zoom * to_centre;
    Values result;
    for (int i = 0; i < image.rows; ++i)
        for (int j = 0; j < image.columns; ++j)
            for (int c = 0; c < image.channels; ++c) {
                const int column = change.flip ? image.columns - 1 - j : j;
                double y = m[0][0] * i + m[0][1] * column + m[0][2];
                double x = m[1][0] * i + m[1][1] * column + m[1][2];
                y = std::clamp(y, 0.0, image.rows - 1.0);
                x = std::clamp(x, 0.0, image.columns - 1.0);
                double sum = 0;
                for (int p = 0; p < image.rows; ++p)
                    for (int q = 0; q < image.columns; ++q)
                        sum += std::max(0.0, 1 - std::abs(y - p)) *
                               std::max(0.0, 1 - std::abs(x - q)) *
                               static_cast<double>(image.at(p, q, c));
                result.push_back(static_cast<float>(sum));
            }
    return result;
}

float largest_difference(const Values& a, const Values& b) {
    REQUIRE(a.size() == b.size());
    float largest = 0;
    for (size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

constexpr Augmentation EVERYTHING = {.rotation = 40, .zoom = 0.3, .shift = 0.2, .flip = true};

}  // namespace

TEST_CASE("augment -- agrees with Keras' chain of matrices and linear interpolation") {
    const auto [rows, columns, channels] = GENERATE(table<int, int, int>(
        {{8, 8, 1}, {9, 6, 3}, {5, 7, 2}, {1, 6, 3}, {6, 1, 1}, {1, 1, 4}, {2, 2, 3}}));
    const Augmenter augmenter(EVERYTHING, rows, columns, channels);
    Rng rng(5);
    for (uint64_t seed = 0; seed < 40; ++seed) {
        CAPTURE(rows, columns, channels, seed);
        const Image image = random_image(rows, columns, channels, seed);
        const ImageChange change = augmenter.draw(rng);
        // Values up to 255: the float arithmetic is good for some 2^-15.
        CHECK(largest_difference(apply(image, change), reference(image, change)) <= 1e-4F);
    }
}

TEST_CASE("augment -- nothing to change is a copy, whole pixels are exact") {
    const Image image = {3, 3, 1, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
    CHECK(apply(image, {}) == image.values);
    CHECK(apply(image, {.flip = true}) == Values{3, 2, 1, 6, 5, 4, 9, 8, 7});
    // The content moves up by one row, or left by one column; the border repeats.
    CHECK(apply(image, {.shift_rows = 1}) == Values{4, 5, 6, 7, 8, 9, 7, 8, 9});
    CHECK(apply(image, {.shift_columns = 1}) == Values{2, 3, 3, 5, 6, 6, 8, 9, 9});
    CHECK(apply(image, {.shift_columns = -2}) == Values{1, 1, 1, 4, 4, 4, 7, 7, 7});
    // Mirrored after the shift.
    CHECK(apply(image, {.shift_columns = 1, .flip = true}) == Values{3, 3, 2, 6, 6, 5, 9, 9, 8});
    CHECK(apply(image, {.shift_rows = 0.5}) == Values{2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 7, 8, 9});
    CHECK(apply(image, {.zoom_columns = 2}) == Values{1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(apply(image, {.zoom_columns = 0.5}) == Values{1.5, 2, 2.5, 4.5, 5, 5.5, 7.5, 8, 8.5});
}

TEST_CASE("augment -- a quarter turn of an odd square goes clockwise") {
    const Image image = {3, 3, 1, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
    CHECK(largest_difference(apply(image, {.rotation = -90}), {3, 6, 9, 2, 5, 8, 1, 4, 7}) <=
          1e-5F);
    CHECK(largest_difference(apply(image, {.rotation = 90}), {7, 4, 1, 8, 5, 2, 9, 6, 3}) <= 1e-5F);
    CHECK(largest_difference(apply(image, {.rotation = 180}), {9, 8, 7, 6, 5, 4, 3, 2, 1}) <=
          1e-5F);
}

TEST_CASE("augment -- channels stay together, bytes give the values of floats") {
    const Image image = random_image(6, 5, 3, 3);
    const std::vector<uint8_t> bytes(image.values.begin(), image.values.end());
    const Augmenter augmenter(EVERYTHING, 6, 5, 3);
    Rng rng(8);
    for (int i = 0; i < 20; ++i) {
        const ImageChange change = augmenter.draw(rng);
        Values from_bytes(bytes.size());
        augmenter.apply(change, bytes, from_bytes);
        CHECK(from_bytes == apply(image, change));
    }
    const Values mirrored = apply({1, 2, 3, {1, 2, 3, 4, 5, 6}}, {.flip = true});
    CHECK(mirrored == Values{4, 5, 6, 1, 2, 3});
}

TEST_CASE("augment -- draws are uniform in their ranges, of rows and columns apart") {
    const Augmenter augmenter({.rotation = 10, .zoom = 0.1, .shift = 0.2, .flip = true}, 20, 30, 1);
    constexpr int COUNT = 20000;
    struct Range {
        double ImageChange::*value;
        double low, high;
    };
    const std::vector<Range> ranges = {{&ImageChange::rotation, -10, 10},
                                       {&ImageChange::shift_rows, -4, 4},
                                       {&ImageChange::shift_columns, -6, 6},
                                       {&ImageChange::zoom_rows, 0.9, 1.1},
                                       {&ImageChange::zoom_columns, 0.9, 1.1}};
    Rng rng(1);
    std::vector<std::array<int, 4>> quarters(ranges.size());
    int flips = 0, different_zooms = 0;
    for (int i = 0; i < COUNT; ++i) {
        const ImageChange change = augmenter.draw(rng);
        for (size_t r = 0; r < ranges.size(); ++r) {
            const double part =
                (change.*ranges[r].value - ranges[r].low) / (ranges[r].high - ranges[r].low);
            REQUIRE(part >= 0);
            REQUIRE(part < 1 + 1e-12);
            ++quarters[r][std::min(static_cast<size_t>(part * 4), size_t{3})];
        }
        flips += change.flip ? 1 : 0;
        different_zooms += change.zoom_rows != change.zoom_columns ? 1 : 0;
    }
    // Six standard deviations around a quarter and a half.
    for (const auto& counts : quarters)
        for (const int count : counts)
            CHECK(std::abs(count - COUNT / 4) < 370);
    CHECK(std::abs(flips - COUNT / 2) < 425);
    CHECK(different_zooms == COUNT);
}

TEST_CASE("augment -- the same seed gives the same changes; no range takes no draw") {
    const Augmenter everything(EVERYTHING, 8, 8, 1), nothing({}, 8, 8, 1);
    const Image image = random_image(8, 8, 1, 2);
    Rng first(9), second(9);
    for (int i = 0; i < 10; ++i)
        CHECK(apply(image, everything.draw(first)) == apply(image, everything.draw(second)));
    CHECK(first.state() == second.state());
    CHECK(apply(image, nothing.draw(first)) == image.values);
    CHECK(first.state() == second.state());
}
