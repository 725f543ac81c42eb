#include "compiler/train/calibrate.h"

#include <algorithm>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/nn/loss.h"

namespace permloom {
namespace {

constexpr size_t CONSTANT_IMAGES = 2000;
constexpr size_t RANGE_IMAGES = 5000;
constexpr size_t CHOICE_IMAGES = 10000;
constexpr double FRACTIONS[] = {0.99, 0.999, 1.0};
constexpr int SLICE = 128;

/// images x width
struct Values {
    int rows = 0, columns = 0;
    std::vector<float> data;

    Values(int r, int c)
        : rows(r), columns(c), data(static_cast<size_t>(r) * static_cast<size_t>(c)) {}
    Matrix matrix() { return {data.data(), rows, columns, columns}; }
};

void for_each_slice(int count, ThreadPool& pool, const std::function<void(int, int)>& body) {
    pool.for_each((count + SLICE - 1) / SLICE,
                  [&](int slice) { body(slice * SLICE, std::min(SLICE, count - slice * SLICE)); });
}

Values first_layer(const DenseLayer& layer, const Inputs& inputs, std::span<const int32_t> images,
                   ThreadPool& pool) {
    Values z(static_cast<int>(images.size()), layer.outputs);
    for_each_slice(z.rows, pool, [&](int begin, int rows) {
        Values x(rows, layer.inputs);
        for (int r = 0; r < rows; ++r)
            inputs.write(images[static_cast<size_t>(begin + r)], {}, x.matrix().row(r));
        forward_layer(layer, x.matrix(), z.matrix().block(begin, 0, rows, layer.outputs));
    });
    return z;
}

Values next_layer(const DenseLayer& layer, Values& a, ThreadPool& pool) {
    Values z(a.rows, layer.outputs);
    for_each_slice(z.rows, pool, [&](int begin, int rows) {
        forward_layer(layer, a.matrix().block(begin, 0, rows, layer.inputs),
                      z.matrix().block(begin, 0, rows, layer.outputs));
    });
    return z;
}

void activate_all(Nonlinearity kind, Values& z) {
    activate(kind, z.data.data(), z.data.data(), static_cast<int>(z.data.size()));
}

struct Moments {
    double mean = 0.0, deviation = 0.0;
};

Moments moments(const std::vector<float>& values) {
    Moments result;
    for (const float value : values)
        result.mean += value;
    result.mean /= static_cast<double>(values.size());
    double squares = 0.0;
    for (const float value : values)
        squares += (value - result.mean) * (value - result.mean);
    result.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    return result;
}

/// What the layer subtracts from its weighted sum, in devices.
double offset_of(const LayerParameters& layer, double complement_sum, const Moments& sums,
                 double unit) {
    const bool has_negative =
        std::any_of(layer.profile.begin(), layer.profile.end(), [](float v) { return v < 0.0F; });
    if (has_negative || layer.rail == Rail::split) return 0.0;
    if (layer.rail == Rail::single) return sums.mean * unit;
    double total = 0.0;
    for (const float device : layer.profile)
        total += device;
    const double banks = static_cast<double>(layer.profile.size()) / layer.lines;
    return total / banks * complement_sum / 2.0;
}

/// The value that `fraction` of the activations do not exceed.
double quantile(std::vector<float> values, double fraction) {
    const auto place = static_cast<std::ptrdiff_t>(
        std::llround(fraction * static_cast<double>(values.size() - 1)));
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return values[static_cast<size_t>(place)];
}

/// Activations as the codes 0 .. 2^bits - 1 of [0, range] carry them.
void round_to_codes(Values& a, double range, int bits) {
    const float top = static_cast<float>((1 << bits) - 1);
    const float step = static_cast<float>(range) / top;
    for (float& value : a.data)
        value = std::min(std::max(std::floor(value / step + 0.5F), 0.0F), top) * step;
}

double range_of(Activation activation, const Values& a, double fraction) {
    if (activation == Activation::clip) return 1.0;
    const double range = quantile(a.data, fraction);
    if (range > 0.0) return range;
    const double largest = *std::max_element(a.data.begin(), a.data.end());
    return largest > 0.0 ? largest : 1.0;
}

}  // namespace

void calibrate_constants(TrainingNet& net, const TrainingSpec& training, const Inputs& inputs,
                         std::span<const int32_t> images, ThreadPool& pool) {
    images = images.first(std::min(CONSTANT_IMAGES, images.size()));
    Values a(0, 0);
    for (size_t l = 0; l < net.size(); ++l) {
        LayerParameters& layer = net.layer(l);
        const LayerAlgorithm& algorithm = net.algorithm(l);
        DenseLayer dense = net.dense()[l];
        dense.alpha = 1.0F;
        dense.offset = 0.0F;
        const bool last = l + 1 == net.size();
        Values z = l == 0 ? first_layer(dense, inputs, images, pool) : next_layer(dense, a, pool);
        if (algorithm.calibrates()) {
            const Moments sums = moments(z.data);
            if (!(sums.deviation > 0.0))
                throw Error("layers." + std::to_string(l),
                            "its sums are the same for every image, so it cannot be calibrated",
                            "raise keep");
            const double unit = algorithm.unit(layer);
            layer.alpha = (last ? training.beta : training.gain) / (sums.deviation * unit);
            layer.offset = offset_of(layer, net.complement_sum(l), sums, unit);
            net.set_constants();
            const float alpha = net.dense()[l].alpha, offset = net.dense()[l].offset;
            for (float& value : z.data)
                value = alpha * (value - offset);
        }
        activate_all(dense.nonlinearity, z);
        a = std::move(z);
    }
}

void calibrate_ranges(const NetworkSpec& network, std::vector<LayerState>& layers, int classes,
                      const Inputs& inputs, std::span<const int32_t> images, ThreadPool& pool) {
    const size_t hidden = layers.size() - 1;
    for (LayerState& layer : layers)
        layer.act_range = 1.0;
    const bool has_relu = std::any_of(
        network.layers.begin(), network.layers.begin() + static_cast<std::ptrdiff_t>(hidden),
        [](const LayerSpec& layer) { return layer.activation == Activation::relu; });
    if (!has_relu) return;

    const auto range_images = images.first(std::min(RANGE_IMAGES, (images.size() + 1) / 2));
    auto choice_images = images.subspan(range_images.size());
    choice_images = choice_images.first(std::min(CHOICE_IMAGES, choice_images.size()));
    const std::vector<DenseLayer> dense = projected_layers(network, layers);
    const Values first_range = first_layer(dense[0], inputs, range_images, pool);
    const Values first_choice = first_layer(dense[0], inputs, choice_images, pool);

    int best = -1;
    for (const double fraction : FRACTIONS) {
        std::vector<double> ranges;
        Values a = first_range, b = first_choice;
        for (size_t l = 0; l < hidden; ++l) {
            activate_all(dense[l].nonlinearity, a);
            activate_all(dense[l].nonlinearity, b);
            ranges.push_back(range_of(network.layers[l].activation, a, fraction));
            round_to_codes(a, ranges.back(), network.layers[l].bits);
            round_to_codes(b, ranges.back(), network.layers[l].bits);
            if (l + 1 < hidden) a = next_layer(dense[l + 1], a, pool);
            b = next_layer(dense[l + 1], b, pool);
        }
        int correct = 0;
        for (int r = 0; r < b.rows; ++r)
            if (predicted_class(b.matrix().row(r), classes) ==
                inputs.label(choice_images[static_cast<size_t>(r)]))
                ++correct;
        if (correct <= best) continue;
        best = correct;
        for (size_t l = 0; l < hidden; ++l)
            layers[l].act_range = ranges[l];
    }
}

}  // namespace permloom
