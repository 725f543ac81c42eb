#include "compiler/train/evaluate.h"

#include <algorithm>
#include <numeric>

#include "compiler/base/error.h"
#include "compiler/nn/loss.h"
#include "compiler/train/net.h"
#include "compiler/train/trainer.h"

namespace permloom {
namespace {

constexpr int SLICE = 128;

}  // namespace

Score evaluate(const std::vector<DenseLayer>& layers, const Inputs& inputs,
               std::span<const int32_t> images, int classes, ThreadPool& pool) {
    PERMLOOM_ASSERT(!images.empty());
    const int count = static_cast<int>(images.size()), slices = (count + SLICE - 1) / SLICE;
    std::vector<double> losses(images.size());
    std::vector<int> correct(static_cast<size_t>(slices));
    pool.for_each(slices, [&](int slice) {
        const int begin = slice * SLICE, rows = std::min(SLICE, count - begin);
        DenseBuffers buffers(layers, rows);
        std::vector<uint8_t> labels;
        for (int r = 0; r < rows; ++r) {
            const int32_t image = images[static_cast<size_t>(begin + r)];
            inputs.write(image, {}, buffers.input(0).row(r));
            labels.push_back(inputs.label(image));
        }
        forward(layers, buffers, 0, rows);
        const size_t last = layers.size() - 1;
        const Matrix logits = buffers.pre(last);
        for (int r = 0; r < rows; ++r)
            if (predicted_class(logits.row(r), classes) == labels[static_cast<size_t>(r)])
                ++correct[static_cast<size_t>(slice)];
        softmax_cross_entropy(logits, labels, classes, 1.0F, buffers.gradient(last),
                              std::span(losses).subspan(static_cast<size_t>(begin)));
    });
    Score score;
    score.accuracy = std::accumulate(correct.begin(), correct.end(), 0.0) / count;
    score.loss = std::accumulate(losses.begin(), losses.end(), 0.0) / count;
    return score;
}

std::vector<int32_t> all_images(int count) {
    std::vector<int32_t> images(static_cast<size_t>(count));
    std::iota(images.begin(), images.end(), 0);
    return images;
}

Score evaluate_float(const Checkpoint& checkpoint, const Images& images, ThreadPool& pool) {
    if (images.count == 0) throw Error(checkpoint.dataset, "there are no images to evaluate");
    for (const uint8_t label : images.labels)
        if (label >= checkpoint.classes)
            throw Error("labels", "an image has class " + std::to_string(label) +
                                      ", the checkpoint was trained for " +
                                      std::to_string(checkpoint.classes) + " classes");
    const Inputs inputs(checkpoint.network.input, images, "the data set");
    Score score = evaluate(projected_layers(checkpoint.network, checkpoint.layers), inputs,
                           all_images(images.count), checkpoint.classes, pool);
    score.protocol = checkpoint.training.protocol;
    return score;
}

}  // namespace permloom
