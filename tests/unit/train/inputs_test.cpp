#include "compiler/train/inputs.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/program/configuration.h"
#include "tests/unit/train/examples.h"

namespace permloom {
namespace {

std::vector<float> values_of(const Inputs& inputs, int image, Shift shift = {}) {
    std::vector<float> values(12);
    inputs.write(image, shift, values.data());
    return values;
}

}  // namespace

TEST_CASE("inputs -- real values stand for the codes that the hardware gets") {
    Rng rng(1);
    const Images images = testing::striped_images(5, 4, 3, 3, rng);
    for (const InputSpec& spec :
         {InputSpec{12, 8, 255.0, 0.0, 1.0 / 255.0, 0}, InputSpec{12, 4, 255.0, 0.0, 1.0 / 15.0, 0},
          InputSpec{12, 6, 255.0, 0.5, 1.0 / 40.0, 20}}) {
        const Inputs inputs(spec, images, "data");
        for (int i = 0; i < images.count; ++i) {
            const auto codes = quantise_pixels(spec, images.image(i));
            const auto values = values_of(inputs, i);
            for (size_t p = 0; p < values.size(); ++p)
                CHECK(values[p] == Approx((codes[p] - spec.zero) * spec.scale).margin(1e-6));
            CHECK(inputs.label(i) == images.labels[static_cast<size_t>(i)]);
        }
    }
}

TEST_CASE("inputs -- a value and its complement's code add up to the complement sum") {
    const InputSpec spec{12, 6, 255.0, 0.5, 1.0 / 40.0, 20};
    for (int code = 0; code < 64; ++code) {
        const double line = (code - spec.zero) * spec.scale;
        const double complement = (63 - code - spec.zero) * spec.scale;
        CHECK(line + complement == Approx(Inputs::complement_sum(spec)));
    }
}

TEST_CASE("inputs -- a shift moves every pixel, around the edges") {
    Rng rng(2);
    for (const int channels : {1, 3}) {
        Images images = testing::striped_images(2, 4, 3, 3, rng);
        images.columns /= channels;
        images.channels = channels;
        const Inputs inputs({12, 8, 255.0, 0.0, 1.0 / 255.0, 0}, images, "data");
        const auto still = values_of(inputs, 1);
        for (int dr = -5; dr <= 5; ++dr) {
            for (int dc = -4; dc <= 4; ++dc) {
                const auto moved = values_of(inputs, 1, {dr, dc});
                for (int r = 0; r < 4; ++r) {
                    for (int c = 0; c < images.columns; ++c) {
                        for (int k = 0; k < channels; ++k) {
                            const int to_r = ((r + dr) % 4 + 4) % 4;
                            const int width = images.columns;
                            const int to_c = ((c + dc) % width + width) % width;
                            CHECK(
                                moved[static_cast<size_t>((to_r * width + to_c) * channels + k)] ==
                                still[static_cast<size_t>((r * width + c) * channels + k)]);
                        }
                    }
                }
            }
        }
    }
}

TEST_CASE("inputs -- the mean of each pixel is subtracted from real values") {
    Rng rng(4);
    const Images images = testing::striped_images(7, 4, 3, 3, rng);
    InputSpec spec{12, 0, 255.0, 0.0, 1.0, 0};
    spec.per_pixel_mean = true;
    const auto means = pixel_means(spec, images);
    const Inputs inputs(spec, images, "data", means);
    REQUIRE(means.size() == 12);
    std::vector<double> sums(12);
    for (int i = 0; i < images.count; ++i) {
        const auto values = values_of(inputs, i);
        for (size_t p = 0; p < 12; ++p) {
            CHECK(values[p] == Approx(images.image(i)[p] / 255.0 - means[p]).margin(1e-6));
            sums[p] += values[p];
        }
    }
    for (const double sum : sums)
        CHECK(sum == Approx(0.0).margin(1e-5));
    CHECK_FALSE(inputs.is_sparse());
}

TEST_CASE("inputs -- images of another size are refused") {
    Rng rng(3);
    const Images images = testing::striped_images(2, 4, 3, 3, rng);
    CHECK_THROWS_WITH(Inputs({13, 8, 255.0, 0.0, 1.0, 0}, images, "stripes"),
                      Catch::Contains("stripes: its images have 12 pixels (4 x 3)"));
}

}  // namespace permloom
