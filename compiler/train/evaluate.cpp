#include "compiler/train/evaluate.h"

#include <algorithm>
#include <numeric>

#include "compiler/base/error.h"
#include "compiler/nn/loss.h"
#include "compiler/train/net.h"
#include "compiler/train/trainer.h"

namespace permloom {
namespace {

constexpr int DENSE_BATCH = 512, MAP_BATCH = 104;

template <class Pass>
void for_each_batch(Graph& graph, const Inputs& inputs, std::span<const int32_t> images,
                    const std::function<void(const Slice&, size_t)>& look, const Pass& pass) {
    for (size_t first = 0; first < images.size();) {
        const size_t left = images.size() - first;
        const int count = static_cast<int>(std::min(left, static_cast<size_t>(graph.capacity())));
        const Graph::Host host{
            [&](const Slice& slice) {
                for (int r = slice.begin; r < slice.end; ++r)
                    inputs.write(images[first + static_cast<size_t>(r)], {}, graph.input().row(r));
            },
            [&](const Slice& slice) { look(slice, first + static_cast<size_t>(slice.begin)); }};
        pass(count, host);
        first += static_cast<size_t>(count);
    }
}

}  // namespace

int evaluation_batch(const NetworkSpec& network) {
    const bool convolves = std::any_of(network.layers.begin(), network.layers.end(),
                                       [](const LayerSpec& layer) { return layer.convolves; });
    return convolves ? MAP_BATCH : DENSE_BATCH;
}

void infer_all(Graph& graph, const Inputs& inputs, std::span<const int32_t> images,
               ThreadPool& pool, const std::function<void(const Slice&, size_t)>& look) {
    for_each_batch(graph, inputs, images, look,
                   [&](int count, const Graph::Host& host) { graph.infer(count, host, pool); });
}

void infer_sums(Graph& graph, size_t layer, const Inputs& inputs, std::span<const int32_t> images,
                ThreadPool& pool, const std::function<void(const Slice&, size_t)>& look) {
    for_each_batch(graph, inputs, images, look, [&](int count, const Graph::Host& host) {
        graph.infer_sums(count, layer, host, pool);
    });
}

Score evaluate(const NetworkSpec& network, const std::vector<LayerState>& layers,
               const Inputs& inputs, std::span<const int32_t> images, int classes,
               ThreadPool& pool) {
    std::vector<LayerWeights> weights = projected_weights(network, layers);
    return evaluate_weights(network, weights, inputs, images, classes, pool);
}

Score evaluate_weights(const NetworkSpec& network, std::vector<LayerWeights>& weights,
                       const Inputs& inputs, std::span<const int32_t> images, int classes,
                       ThreadPool& pool) {
    PERMLOOM_ASSERT(!images.empty());
    const int batch = std::min(evaluation_batch(network), static_cast<int>(images.size()));
    Graph graph(network, weights, {.capacity = batch});
    std::vector<double> losses(images.size());
    std::vector<uint8_t> correct(images.size());
    infer_all(graph, inputs, images, pool, [&](const Slice& slice, size_t first) {
        const Matrix logits = graph.logits(slice);
        std::vector<uint8_t> labels;
        for (int r = 0; r < logits.rows; ++r)
            labels.push_back(inputs.label(images[first + static_cast<size_t>(r)]));
        for (int r = 0; r < logits.rows; ++r)
            correct[first + static_cast<size_t>(r)] =
                predicted_class(logits.row(r), classes) == labels[static_cast<size_t>(r)] ? 1 : 0;
        std::vector<float> unused(static_cast<size_t>(logits.rows * logits.columns));
        softmax_cross_entropy(logits, labels, classes, 1.0F,
                              {unused.data(), logits.rows, logits.columns, logits.columns},
                              std::span(losses).subspan(first));
    });
    const auto count = static_cast<double>(images.size());
    Score score;
    score.accuracy = std::accumulate(correct.begin(), correct.end(), 0.0) / count;
    score.loss = std::accumulate(losses.begin(), losses.end(), 0.0) / count;
    return score;
}

void recalibrate_batch_norm(const NetworkSpec& network, std::vector<LayerState>& layers,
                            const Inputs& inputs, std::span<const int32_t> images, int batches,
                            ThreadPool& pool) {
    std::vector<LayerWeights> weights = projected_weights(network, layers);
    const auto batch = static_cast<size_t>(network.training.batch);
    Graph graph(network, weights, {.capacity = network.training.batch});
    for (int done = 0; done < batches; ++done) {
        const size_t first = static_cast<size_t>(done) * batch % images.size();
        const auto part = images.subspan(first, std::min(batch, images.size() - first));
        for (LayerWeights& layer : weights)
            for (BatchNormWeights& norm : layer.batch_norms)
                norm.momentum = static_cast<float>(done) / static_cast<float>(done + 1);
        const Graph::Host host{[&](const Slice& slice) {
                                   for (int r = slice.begin; r < slice.end; ++r)
                                       inputs.write(part[static_cast<size_t>(r)], {},
                                                    graph.input().row(r));
                               },
                               [](const Slice&) {}};
        graph.measure_statistics(static_cast<int>(part.size()), host, pool);
    }
    for (size_t l = 0; l < layers.size(); ++l)
        for (size_t k = 0; k < layers[l].batch_norms.size(); ++k) {
            layers[l].batch_norms[k].mean = weights[l].batch_norms[k].mean;
            layers[l].batch_norms[k].variance = weights[l].batch_norms[k].variance;
        }
}

std::vector<int32_t> all_images(int count) {
    std::vector<int32_t> images(static_cast<size_t>(count));
    std::iota(images.begin(), images.end(), 0);
    return images;
}

void require_images(const Checkpoint& checkpoint, const Images& images) {
    if (images.count == 0) throw Error(checkpoint.dataset, "there are no images to evaluate");
    for (const uint8_t label : images.labels)
        if (label >= checkpoint.classes)
            throw Error("labels", "an image has class " + std::to_string(label) +
                                      ", the checkpoint was trained for " +
                                      std::to_string(checkpoint.classes) + " classes");
}

Score evaluate_float(const Checkpoint& checkpoint, const Images& images, ThreadPool& pool) {
    require_images(checkpoint, images);
    const Inputs inputs(checkpoint.network.input, images, "the data set", checkpoint.input_mean);
    Score score = evaluate(checkpoint.network, checkpoint.layers, inputs, all_images(images.count),
                           checkpoint.classes, pool);
    score.protocol = checkpoint.training.protocol;
    return score;
}

}  // namespace permloom
