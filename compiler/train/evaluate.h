/// Accuracy and loss of a network's projected weights on a list of images.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/nn/graph.h"
#include "compiler/train/inputs.h"

namespace permloom {

Score evaluate(const NetworkSpec& network, const std::vector<LayerState>& layers,
               const Inputs& inputs, std::span<const int32_t> images, int classes,
               ThreadPool& pool);
/// The same of weights as they are. Nothing in them changes.
Score evaluate_weights(const NetworkSpec& network, std::vector<LayerWeights>& weights,
                       const Inputs& inputs, std::span<const int32_t> images, int classes,
                       ThreadPool& pool);

/// Runs the network over `images`, batch by batch. `look` sees every slice when it has passed;
/// image r of the slice is images[first + r].
void infer_all(Graph& graph, const Inputs& inputs, std::span<const int32_t> images,
               ThreadPool& pool, const std::function<void(const Slice& slice, size_t first)>& look);

/// The same up to the sums of one layer.
void infer_sums(Graph& graph, size_t layer, const Inputs& inputs, std::span<const int32_t> images,
                ThreadPool& pool,
                const std::function<void(const Slice& slice, size_t first)>& look);

/// The largest batch that evaluation asks of a graph.
int evaluation_batch(const NetworkSpec& network);

/// Batch norm's running statistics measured anew with the projected weights: the mean over
/// `batches` batches of the training images.
void recalibrate_batch_norm(const NetworkSpec& network, std::vector<LayerState>& layers,
                            const Inputs& inputs, std::span<const int32_t> images, int batches,
                            ThreadPool& pool);

/// Throws Error when there are no images, or one has a class that the checkpoint does not know.
void require_images(const Checkpoint& checkpoint, const Images& images);

/// 0, 1, ..., count - 1.
std::vector<int32_t> all_images(int count);

}  // namespace permloom
