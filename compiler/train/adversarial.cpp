#include "compiler/train/adversarial.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/nn/graph.h"
#include "compiler/train/evaluate.h"
#include "compiler/train/inputs.h"
#include "compiler/train/net.h"
#include "compiler/train/streams.h"

namespace permloom {
namespace {

/// The way up the loss: `steps` steps of `length`, from a random start where there is a seed.
struct Ascent {
    int steps = 1;
    double length = 0.0;
    std::optional<uint64_t> seed;
};

/// The gradient of the cross-entropy by the logits over 1 - p(label).
void logit_gradient(const float* logits, int label, int classes, std::span<float> gradient) {
    float largest = -std::numeric_limits<float>::infinity(), sum = 0.0F;
    for (int c = 0; c < classes; ++c)
        if (c != label) largest = std::max(largest, logits[c]);
    std::ranges::fill(gradient, 0.0F);
    for (int c = 0; c < classes; ++c) {
        if (c == label) continue;
        gradient[static_cast<size_t>(c)] = std::exp(logits[c] - largest);
        sum += gradient[static_cast<size_t>(c)];
    }
    for (int c = 0; c < classes; ++c)
        gradient[static_cast<size_t>(c)] /= sum;
    gradient[static_cast<size_t>(label)] = -1.0F;
}

/// Images [first, first + count) of `images`.
Images part_of(const Images& images, int first, int count) {
    Images part{count, images.rows, images.columns, images.channels, {}, {}};
    const auto at = images.pixels.begin() + static_cast<long>(first) * images.pixels_per_image();
    part.pixels.assign(at, at + static_cast<long>(count) * images.pixels_per_image());
    part.labels.assign(images.labels.begin() + first, images.labels.begin() + first + count);
    return part;
}

/// Where the pixels of some images are, between bytes, and how far each may go.
class Positions {
  public:
    Positions(const Images& images, const PixelBound& bound)
        : at_(images.pixels.begin(), images.pixels.end()),
          original_(images.pixels),
          radius_(static_cast<float>(bound.radius)),
          highest_(static_cast<float>(bound.highest)) {
        PERMLOOM_ASSERT(
            std::ranges::all_of(original_, [&](uint8_t pixel) { return pixel <= bound.highest; }));
    }

    /// Moves pixel i as far as the bound lets it go.
    void move(size_t i, float by) {
        const auto original = static_cast<float>(original_[i]);
        at_[i] = std::clamp(at_[i] + by, std::max(original - radius_, 0.0F),
                            std::min(original + radius_, highest_));
    }
    /// The bounds are bytes: rounding stays within them.
    void round_into(std::vector<uint8_t>& pixels) const {
        std::ranges::transform(at_, pixels.begin(),
                               [](float x) { return static_cast<uint8_t>(std::lround(x)); });
    }

  private:
    std::vector<float> at_;
    std::vector<uint8_t> original_;
    float radius_, highest_;
};

/// The gradient of the loss by the input of each of `images`, left in graph.input().
void differentiate(Graph& graph, const Checkpoint& checkpoint, const Images& images,
                   ThreadPool& pool) {
    const Inputs inputs(checkpoint.network.input, images, checkpoint.dataset,
                        checkpoint.input_mean);
    const Graph::Host host{
        [&](const Slice& slice) {
            for (int r = slice.begin; r < slice.end; ++r)
                inputs.write(r, {}, graph.input().row(r));
        },
        [&](const Slice& slice) {
            const Matrix logits = graph.logits(slice), gradient = graph.logit_gradient(slice);
            for (int r = 0; r < logits.rows; ++r)
                logit_gradient(logits.row(r), inputs.label(slice.begin + r), checkpoint.classes,
                               {gradient.row(r), static_cast<size_t>(gradient.columns)});
        }};
    graph.differentiate(images.count, false, 0, host, pool);
}

Images ascend(const Checkpoint& checkpoint, const Images& images, const PixelBound& bound,
              const Ascent& ascent, ThreadPool& pool) {
    require_images(checkpoint, images);
    std::vector<LayerWeights> weights = projected_weights(checkpoint.network, checkpoint.layers);
    const int batch = std::min(evaluation_batch(checkpoint.network), images.count);
    Graph graph(checkpoint.network, weights,
                {.capacity = batch, .trains = true, .input_gradient = true});
    const auto size = static_cast<size_t>(images.pixels_per_image());
    const auto length = static_cast<float>(ascent.length);
    Images result = images;
    for (int first = 0; first < images.count; first += batch) {
        Images part = part_of(images, first, std::min(batch, images.count - first));
        Positions positions(part, bound);
        if (ascent.seed) {
            for (int i = 0; i < part.count; ++i) {
                Rng random = stream(*ascent.seed, Draw::attack, static_cast<uint64_t>(first + i));
                for (size_t p = 0; p < size; ++p)
                    positions.move(static_cast<size_t>(i) * size + p,
                                   static_cast<float>(random.uniform(-bound.radius, bound.radius)));
            }
            positions.round_into(part.pixels);
        }
        for (int step = 0; step < ascent.steps; ++step) {
            differentiate(graph, checkpoint, part, pool);
            // A pixel's value rises with it, so that their gradients have the same sign.
            const float* gradient = graph.input().gradient_row(0);
            for (size_t i = 0; i < part.pixels.size(); ++i)
                if (gradient[i] != 0.0F) positions.move(i, std::copysign(length, gradient[i]));
            positions.round_into(part.pixels);
        }
        std::ranges::copy(part.pixels, result.pixels.begin() +
                                           static_cast<long>(first) * static_cast<long>(size));
    }
    return result;
}

}  // namespace

Images fgsm(const Checkpoint& checkpoint, const Images& images, const PixelBound& bound,
            ThreadPool& pool) {
    return ascend(checkpoint, images, bound, {1, static_cast<double>(bound.radius), {}}, pool);
}

Images pgd(const Checkpoint& checkpoint, const Images& images, const PixelBound& bound,
           const PgdOptions& options, ThreadPool& pool) {
    const double length =
        options.step > 0.0 ? options.step : 2.5 * bound.radius / std::max(options.steps, 1);
    return ascend(checkpoint, images, bound, {options.steps, length, options.seed}, pool);
}

}  // namespace permloom
