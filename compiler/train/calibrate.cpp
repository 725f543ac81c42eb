#include "compiler/train/calibrate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/base/error.h"
#include "compiler/nn/graph.h"
#include "compiler/nn/loss.h"
#include "compiler/train/evaluate.h"

namespace permloom {
namespace {

constexpr size_t CONSTANT_IMAGES = 2000;
constexpr size_t RANGE_IMAGES = 5000;
constexpr size_t CHOICE_IMAGES = 10000;
constexpr double FRACTIONS[] = {0.99, 0.999, 1.0};
/// Of networks that no choice is made for, see calibrate_ranges.
constexpr double MAP_FRACTION = 0.999;
constexpr size_t MAP_IMAGES = 100;

/// z of layer l for every image, image by image.
std::vector<float> sums_of(const NetworkSpec& network, std::vector<LayerWeights>& weights, size_t l,
                           const Inputs& inputs, std::span<const int32_t> images,
                           ThreadPool& pool) {
    Graph graph(network, weights, {.capacity = evaluation_batch(network)});
    const auto width = static_cast<size_t>(network.layers[l].map.size());
    std::vector<float> z(images.size() * width);
    infer_sums(graph, l, inputs, images, pool, [&](const Slice& slice, size_t first) {
        Value& sums = graph.sums(l);
        std::copy_n(sums.row(slice.begin), sums.count(slice), z.data() + first * width);
    });
    return z;
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
void round_to_codes(std::span<float> values, double range, int bits) {
    const float top = static_cast<float>((1 << bits) - 1);
    const float step = static_cast<float>(range) / top;
    for (float& value : values)
        value = std::min(std::max(std::floor(value / step + 0.5F), 0.0F), top) * step;
}

double range_of(Activation activation, const std::vector<float>& values, double fraction) {
    if (activation == Activation::clip) return 1.0;
    const double range = quantile(values, fraction);
    if (range > 0.0) return range;
    const double largest = *std::max_element(values.begin(), values.end());
    return largest > 0.0 ? largest : 1.0;
}

/// The activations of a chain of dense layers, for a list of images.
class Chain {
  public:
    Chain(const NetworkSpec& network, const std::vector<LayerWeights>& weights,
          const Inputs& inputs, std::span<const int32_t> images, ThreadPool& pool)
        : network_(network),
          weights_(weights),
          pool_(pool),
          rows_(static_cast<int>(images.size())) {
        std::vector<LayerWeights> copy = weights;
        values_ = sums_of(network, copy, 0, inputs, images, pool);
        activate(0);
    }

    const std::vector<float>& values() const { return values_; }
    const float* row(int r) const {
        return values_.data() +
               static_cast<size_t>(r) * values_.size() / static_cast<size_t>(rows_);
    }
    void round(double range, int bits) { round_to_codes(values_, range, bits); }

    /// From the output of layer l - 1 to that of layer l.
    void advance(size_t l) {
        constexpr int SLICE = 128;
        const LayerWeights& layer = weights_[l];
        std::vector<float> next(static_cast<size_t>(rows_) * static_cast<size_t>(layer.outputs));
        const Matrix in{values_.data(), rows_, layer.inputs, layer.inputs};
        const Matrix out{next.data(), rows_, layer.outputs, layer.outputs};
        pool_.for_each((rows_ + SLICE - 1) / SLICE, [&](int slice) {
            const int begin = slice * SLICE, count = std::min(SLICE, rows_ - begin);
            const Matrix z = out.block(begin, 0, count, layer.outputs);
            multiply_transposed(in.block(begin, 0, count, layer.inputs), layer.matrix(), z);
            scale_sums(layer, z);
        });
        values_ = std::move(next);
        activate(l);
    }

  private:
    void activate(size_t l) {
        const Activation kind = network_.layers[l].activation;
        if (kind == Activation::none) return;
        const float top = kind == Activation::clip ? 1.0F : std::numeric_limits<float>::max();
        for (float& value : values_)
            value = std::min(std::max(value, 0.0F), top);
    }

    const NetworkSpec& network_;
    const std::vector<LayerWeights>& weights_;
    ThreadPool& pool_;
    int rows_;
    std::vector<float> values_;
};

/// What chips of dense layers will carry: the range of each hidden layer, one quantile for all.
void choose_ranges(const NetworkSpec& network, std::vector<LayerState>& layers, int classes,
                   const Inputs& inputs, std::span<const int32_t> images, ThreadPool& pool) {
    const size_t hidden = layers.size() - 1;
    const auto range_images = images.first(std::min(RANGE_IMAGES, (images.size() + 1) / 2));
    auto choice_images = images.subspan(range_images.size());
    choice_images = choice_images.first(std::min(CHOICE_IMAGES, choice_images.size()));
    const std::vector<LayerWeights> weights = projected_weights(network, layers);
    const Chain first_range(network, weights, inputs, range_images, pool);
    const Chain first_choice(network, weights, inputs, choice_images, pool);

    int best = -1;
    for (const double fraction : FRACTIONS) {
        std::vector<double> ranges;
        Chain a = first_range, b = first_choice;
        for (size_t l = 0; l < hidden; ++l) {
            ranges.push_back(range_of(network.layers[l].activation, a.values(), fraction));
            a.round(ranges.back(), network.layers[l].bits);
            b.round(ranges.back(), network.layers[l].bits);
            if (l + 1 < hidden) a.advance(l + 1);
            b.advance(l + 1);
        }
        int correct = 0;
        for (size_t r = 0; r < choice_images.size(); ++r)
            if (predicted_class(b.row(static_cast<int>(r)), classes) ==
                inputs.label(choice_images[r]))
                ++correct;
        if (correct <= best) continue;
        best = correct;
        for (size_t l = 0; l < hidden; ++l)
            layers[l].act_range = ranges[l];
    }
}

/// Any other network: a high quantile of the magnitudes that leave each layer, before they are
/// averaged.
void measure_ranges(const NetworkSpec& network, std::vector<LayerState>& layers,
                    const Inputs& inputs, std::span<const int32_t> images, ThreadPool& pool) {
    std::vector<LayerWeights> weights = projected_weights(network, layers);
    Graph graph(network, weights, {.capacity = evaluation_batch(network)});
    images = images.first(std::min(MAP_IMAGES, images.size()));
    std::vector<std::vector<float>> values(layers.size() - 1);
    for (size_t l = 0; l + 1 < layers.size(); ++l)
        values[l].resize(images.size() * graph.unpooled(l).at(1));
    infer_all(graph, inputs, images, pool, [&](const Slice& slice, size_t first) {
        for (size_t l = 0; l + 1 < layers.size(); ++l) {
            Value& output = graph.unpooled(l);
            const float* from = output.row(slice.begin);
            float* to = values[l].data() + first * output.at(1);
            for (size_t i = 0; i < output.count(slice); ++i)
                to[i] = std::abs(from[i]);
        }
    });
    for (size_t l = 0; l + 1 < layers.size(); ++l)
        layers[l].act_range = range_of(network.layers[l].activation, values[l], MAP_FRACTION);
}

}  // namespace

void calibrate_constants(const NetworkSpec& network, TrainingNet& net, const Inputs& inputs,
                         std::span<const int32_t> images, ThreadPool& pool) {
    const TrainingSpec& training = network.training;
    images = images.first(std::min(CONSTANT_IMAGES, images.size()));
    for (size_t l = 0; l < net.size(); ++l) {
        LayerParameters& layer = net.layer(l);
        const LayerAlgorithm& algorithm = net.algorithm(l);
        if (!algorithm.calibrates()) continue;
        const bool last = l + 1 == net.size();
        net.weights()[l].alpha = 1.0F;
        net.weights()[l].offset = 0.0F;
        const Moments sums = moments(sums_of(network, net.weights(), l, inputs, images, pool));
        if (!(sums.deviation > 0.0))
            throw Error("layers." + std::to_string(l),
                        "its sums are the same for every image, so it cannot be calibrated",
                        "raise keep");
        const double unit = algorithm.unit(layer);
        layer.alpha = (last ? training.beta : training.gain) / (sums.deviation * unit);
        layer.offset = offset_of(layer, net.complement_sum(l), sums, unit);
        net.set_constants();
    }
}

void calibrate_ranges(const NetworkSpec& network, std::vector<LayerState>& layers, int classes,
                      const Inputs& inputs, std::span<const int32_t> images, ThreadPool& pool) {
    bool chain = true, ends_open = false;
    for (size_t l = 0; l < layers.size(); ++l) {
        layers[l].act_range = 1.0;
        const bool open = l + 1 < layers.size() && network.layers[l].activation == Activation::none;
        chain = chain && network.layers[l].plain(static_cast<int>(l)) && !open;
        if (l + 1 < layers.size() && network.layers[l].activation != Activation::clip)
            ends_open = true;
    }
    if (!ends_open) return;
    if (chain)
        choose_ranges(network, layers, classes, inputs, images, pool);
    else
        measure_ranges(network, layers, inputs, images, pool);
}

}  // namespace permloom
