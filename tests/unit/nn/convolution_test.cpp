#include "compiler/nn/convolution.h"

#include <catch2/catch.hpp>

#include "compiler/nn/aligned.h"
#include "tests/unit/nn/example.h"
#include "tests/unit/nn/tolerance.h"

namespace permloom {
namespace {

using testing::for_each_product;
using testing::random_floats;

LayerSpec conv_layer(const Shape& in, int filters, int kernel, int stride, Padding padding) {
    const auto text = [](int number) { return std::to_string(number); };
    return testing::network_of(
               "[" + text(in.rows) + ", " + text(in.columns) + ", " + text(in.channels) + "]",
               {"conv: {filters: " + text(filters) + ", kernel: " + text(kernel) + ", stride: " +
                    text(stride) + ", padding: " + (padding == Padding::same ? "same" : "valid") +
                    "}, activation: relu",
                "outputs: 1, activation: none"})
        .layers[0];
}

/// The three calls on `images` images, against plain loops.
class Bench {
  public:
    Bench(const LayerSpec& layer, int images, const Convolution::Options& options, Rng& rng)
        : layer_(layer),
          images_(images),
          options_(options),
          x_(random_floats(static_cast<size_t>(images * layer.input.size()), rng)),
          weights_(random_floats(static_cast<size_t>(layer.inputs * layer.outputs), rng)),
          bias_(random_floats(static_cast<size_t>(layer.outputs), rng)),
          dy_(random_floats(static_cast<size_t>(images * layer.map.size()), rng)),
          y_(dy_.size(), NAN),
          dx_(x_.size(), NAN),
          dw_(weights_.size(), NAN) {}

    void check(const Convolution& convolution) {
        run(convolution);
        check_forward();
        check_backward();
    }

  private:
    void run(const Convolution& convolution) {
        AlignedFloats forward(convolution.packed_forward());
        AlignedFloats backward(convolution.packed_backward());
        AlignedFloats gradient(convolution.packed_gradient());
        convolution
            .prepare_pack(weights_.data(), forward.data(),
                          options_.input_gradient ? backward.data() : nullptr)
            ->run();
        Convolution::Buffers buffers{x_.data(), y_.data(), forward.data()};
        if (options_.bias) buffers.bias = bias_.data();
        buffers.dy = dy_.data();
        buffers.dw = gradient.data();
        if (options_.input_gradient) {
            buffers.backward = backward.data();
            buffers.dx = dx_.data();
        }
        const auto call = convolution.prepare(images_, buffers);
        call->forward();
        call->backward_weights();
        convolution.prepare_unpack(gradient.data(), dw_.data())->run();
        if (options_.input_gradient) call->backward_data();
    }

    void check_forward() const {
        std::vector<double> want(y_.size());
        for (size_t i = 0; options_.bias && i < want.size(); ++i)
            want[i] = bias_[i % bias_.size()];
        for_each([&](size_t y, size_t w, size_t x) { want[y] += double{weights_[w]} * x_[x]; });
        for (double& value : want)
            if (options_.relu) value = std::max(value, 0.0);
        testing::check_close(y_, want, testing::CONVOLUTION_TOLERANCE);
    }

    void check_backward() const {
        std::vector<double> dx(dx_.size()), dw(dw_.size());
        for_each([&](size_t y, size_t w, size_t x) {
            dx[x] += double{weights_[w]} * dy_[y];
            dw[w] += double{x_[x]} * dy_[y];
        });
        testing::check_close(dw_, dw, testing::CONVOLUTION_TOLERANCE);
        if (options_.input_gradient) testing::check_close(dx_, dx, testing::CONVOLUTION_TOLERANCE);
    }

    template <class Product>
    void for_each(Product product) const {
        for (int b = 0; b < images_; ++b)
            for_each_product(layer_, [&](int y, int w, int x) {
                product(static_cast<size_t>(b * layer_.map.size() + y), static_cast<size_t>(w),
                        static_cast<size_t>(b * layer_.input.size() + x));
            });
    }

    LayerSpec layer_;
    int images_;
    Convolution::Options options_;
    std::vector<float> x_, weights_, bias_, dy_, y_, dx_, dw_;
};

}  // namespace

TEST_CASE("convolution -- agrees with plain loops for every kernel, stride, padding and width") {
    Rng rng(1);
    constexpr int CHANNELS[][2] = {{1, 16}, {3, 17}, {16, 32}, {17, 3}, {32, 1}};
    constexpr int EXTENTS[][2] = {{7, 5}, {6, 9}, {5, 5}, {8, 7}};
    size_t count = 0;
    for (int kernel = 1; kernel <= 5; ++kernel)
        for (int stride = 1; stride <= 3; ++stride)
            for (const Padding padding : {Padding::valid, Padding::same})
                for (const auto& [in, out] : CHANNELS) {
                    const auto& [rows, columns] = EXTENTS[count++ % 4];
                    CAPTURE(kernel, stride, padding == Padding::same, in, out, rows, columns);
                    const LayerSpec layer =
                        conv_layer({rows, columns, in}, out, kernel, stride, padding);
                    const Convolution convolution(ConvGeometry::of(layer), {});
                    Bench(layer, 2, {}, rng).check(convolution);
                }
}

TEST_CASE("convolution -- kernels larger than the map reach over its edges") {
    Rng rng(2);
    for (const auto& [rows, columns, kernel, stride] :
         {std::tuple{1, 1, 3, 1}, std::tuple{2, 1, 5, 1}, std::tuple{2, 3, 5, 2}}) {
        CAPTURE(rows, columns, kernel, stride);
        const LayerSpec layer = conv_layer({rows, columns, 4}, 5, kernel, stride, Padding::same);
        const Convolution convolution(ConvGeometry::of(layer), {});
        Bench(layer, 2, {}, rng).check(convolution);
    }
}

TEST_CASE("convolution -- adds a bias, cuts at zero, goes without the input's gradient") {
    Rng rng(3);
    const LayerSpec layer = conv_layer({9, 7, 3}, 20, 3, 1, Padding::same);
    for (const bool bias : {false, true})
        for (const bool relu : {false, true})
            for (const bool input_gradient : {false, true}) {
                CAPTURE(bias, relu, input_gradient);
                const Convolution::Options options{input_gradient, bias, relu};
                const Convolution convolution(ConvGeometry::of(layer), options);
                CHECK((convolution.packed_backward() > 0) == input_gradient);
                Bench(layer, 2, options, rng).check(convolution);
            }
}

TEST_CASE("convolution -- packed weights serve any number of images") {
    Rng rng(4);
    const LayerSpec layer = conv_layer({10, 8, 16}, 32, 3, 1, Padding::valid);
    const Convolution convolution(ConvGeometry::of(layer), {});
    for (const int images : {1, 2, 13, 14, 40}) {
        CAPTURE(images);
        Bench(layer, images, {}, rng).check(convolution);
    }
}

TEST_CASE("convolution -- geometry: Keras puts the odd zero below and to the right") {
    const auto geometry = [](int rows, int columns, int kernel, int stride, Padding padding) {
        return ConvGeometry::of(conv_layer({rows, columns, 2}, 3, kernel, stride, padding));
    };
    const ConvGeometry even = geometry(6, 5, 2, 1, Padding::same);
    CHECK(std::tuple(even.top, even.left, even.bottom, even.right) == std::tuple(0, 0, 1, 1));
    const ConvGeometry strided = geometry(6, 7, 3, 2, Padding::same);
    CHECK(std::tuple(strided.top, strided.left, strided.bottom, strided.right) ==
          std::tuple(0, 1, 1, 1));
    const ConvGeometry cut = geometry(6, 5, 3, 2, Padding::valid);
    CHECK(std::tuple(cut.top, cut.left, cut.bottom, cut.right) == std::tuple(0, 0, -1, 0));
    CHECK(cut.output == Shape{2, 2, 3});
    CHECK(cut.fan_in() == 18);
}

}  // namespace permloom
