/// One training step: gather, forward, loss, backward, Adam.
///
/// Two parallel loops a step. The first runs over slices of the batch, which need nothing of one
/// another from the pixels to the gradient of every layer's sums. The second runs over blocks of
/// weights: each forms its gradient over the whole batch and moves its weights. No sum ever crosses
/// a piece, so the bytes do not depend on the number of threads.
#pragma once

#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/nn/adam.h"
#include "compiler/train/inputs.h"
#include "compiler/train/net.h"

namespace permloom {

class Stepper {
  public:
    /// Steps of up to `batch` images; `l2` acts on what Adam owns of all layers but the last.
    Stepper(TrainingNet& net, int batch, int classes, double l2, ThreadPool& pool);

    /// Trains on `images` of `inputs`, moved by `shift`. Returns the sum of their losses, taken
    /// before the update.
    double step(const Inputs& inputs, std::span<const int32_t> images, Shift shift,
                const AdamStep& adam);

  private:
    struct Block {
        size_t layer;
        int row, rows, line, lines;
    };
    void add_blocks(size_t l, int batch);
    void batch_slice(const Inputs& inputs, std::span<const int32_t> images, Shift shift, int begin,
                     int end);
    void update(const Block& block, int batch, const AdamStep& adam);

    TrainingNet& net_;
    ThreadPool& pool_;
    DenseBuffers buffers_;
    int classes_;
    double l2_;
    std::vector<Block> blocks_;
    std::vector<uint8_t> labels_;
    std::vector<double> losses_;
};

}  // namespace permloom
