/// One training step: gather, forward, loss, backward, update.
///
/// The graph runs slices of the batch from the pixels to the gradients; then blocks of weights each
/// form their gradient over the whole batch, in order, and move. No sum ever crosses a piece, so
/// the bytes do not depend on the number of threads.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/nn/graph.h"
#include "compiler/train/inputs.h"
#include "compiler/train/net.h"
#include "compiler/train/update.h"

namespace permloom {

/// What is random in one step. Each draw is keyed by seed and step, so that nothing is remembered.
struct StepRandom {
    Shift shift;                           ///< of all images
    const Augmenter* augmenter = nullptr;  ///< of each image
    uint64_t seed = 0;                     ///< of the run
    uint64_t step = 0;
};

class Stepper {
  public:
    struct Options {
        int batch = 1;
        int classes = 1;
        double l2 = 0.0;  ///< on what is owned of all layers but the last
        bool frozen_zeros = false;
        float averaging = 0.9F;     ///< of gradients, for algorithms that move no values
        bool sparse_input = false;  ///< Inputs::is_sparse, and images are not changed
        Disturb disturb = {};       ///< see TrainOptions
    };
    Stepper(const NetworkSpec& network, TrainingNet& net, const Options& options, ThreadPool& pool);

    /// Trains on `images` of `inputs`. Returns the sum of their losses, taken before the update.
    double step(const Inputs& inputs, std::span<const int32_t> images, const StepRandom& random,
                const UpdateStep& update);

  private:
    struct Block {
        size_t layer;
        int row, rows, line, lines;
        bool panel;  ///< of a sparse first layer
    };
    void add_blocks(size_t l);
    void load(const Slice& slice);
    void finish(const Slice& slice);
    void update(const Block& block);
    void update_vector(TrainedVector& vector);
    void move(LayerParameters& layer, const LayerAlgorithm& algorithm, int row, int line, int lines,
              float l2, bool frozen_zeros, float* gradient);

    const NetworkSpec& network_;
    TrainingNet& net_;
    ThreadPool& pool_;
    Options options_;
    Graph graph_;
    Graph::Host host_;
    std::function<void(int)> update_block_;
    std::vector<Block> blocks_;
    std::vector<uint8_t> labels_;
    std::vector<double> losses_;

    // Of the step under way.
    const Inputs* inputs_ = nullptr;
    std::span<const int32_t> images_;
    const StepRandom* random_ = nullptr;
    const UpdateStep* update_ = nullptr;
};

}  // namespace permloom
