#include "compiler/train/step.h"

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/nn/loss.h"

namespace permloom {
namespace {

/// Images of one slice of the batch, and weights times images of one block: large enough for the
/// products to run at speed, small enough to share out.
constexpr int SLICE = 32;
constexpr int SMALLEST_SLICE = 16;
constexpr int BLOCK_ROWS = 32;
constexpr int BLOCK_WORK = 1 << 18;

int pieces_of(int total, int piece) {
    return (total + piece - 1) / piece;
}

/// Piece i of n covers [i * total / n, (i + 1) * total / n).
int edge(int total, int pieces, int i) {
    return static_cast<int>(static_cast<int64_t>(total) * i / pieces);
}

}  // namespace

Stepper::Stepper(TrainingNet& net, int batch, int classes, double l2, ThreadPool& pool)
    : net_(net),
      pool_(pool),
      buffers_(net.dense(), batch),
      classes_(classes),
      l2_(l2),
      labels_(static_cast<size_t>(batch)),
      losses_(static_cast<size_t>(batch)) {
    for (size_t l = 0; l < net.size(); ++l)
        add_blocks(l, batch);
}

void Stepper::add_blocks(size_t l, int batch) {
    const LayerParameters& layer = net_.layer(l);
    if (layer.rail == Rail::dual || layer.outputs >= 2 * BLOCK_ROWS) {
        // Whole rows; a neuron's two rails stay together.
        const int count = pieces_of(layer.outputs, BLOCK_ROWS);
        for (int i = 0; i < count; ++i) {
            const int begin = edge(layer.outputs, count, i);
            const int end = edge(layer.outputs, count, i + 1);
            blocks_.push_back({l, begin, end - begin, 0, layer.lines});
        }
        return;
    }
    // Few neurons with many lines: all neurons, some lines.
    const int64_t work = static_cast<int64_t>(layer.outputs) * layer.lines * batch;
    const int count = static_cast<int>(std::clamp<int64_t>(work / BLOCK_WORK, 1, layer.lines));
    for (int i = 0; i < count; ++i) {
        const int begin = edge(layer.lines, count, i), end = edge(layer.lines, count, i + 1);
        blocks_.push_back({l, 0, layer.outputs, begin, end - begin});
    }
}

void Stepper::batch_slice(const Inputs& inputs, std::span<const int32_t> images, Shift shift,
                          int begin, int end) {
    for (int r = begin; r < end; ++r)
        inputs.prefetch(images[static_cast<size_t>(r)]);
    for (int r = begin; r < end; ++r) {
        const int32_t image = images[static_cast<size_t>(r)];
        inputs.write(image, shift, buffers_.input(0).row(r));
        labels_[static_cast<size_t>(r)] = inputs.label(image);
    }
    forward(net_.dense(), buffers_, begin, end);
    const size_t last = net_.size() - 1, first = static_cast<size_t>(begin);
    const int rows = end - begin, outputs = net_.dense()[last].outputs;
    softmax_cross_entropy(
        buffers_.pre(last).block(begin, 0, rows, outputs), std::span(labels_).subspan(first),
        classes_, 1.0F / static_cast<float>(images.size()),
        buffers_.gradient(last).block(begin, 0, rows, outputs), std::span(losses_).subspan(first));
    backward(net_.dense(), buffers_, begin, end);
}

void Stepper::update(const Block& block, int batch, const AdamStep& adam) {
    LayerParameters& layer = net_.layer(block.layer);
    const bool dual = layer.rail == Rail::dual;
    const int columns = dual ? layer.inputs : block.lines;
    thread_local std::vector<float> storage, unfolded;
    storage.resize(static_cast<size_t>(block.rows) * static_cast<size_t>(columns));
    const Matrix gradient{storage.data(), block.rows, columns, columns};
    const Matrix sums = buffers_.gradient(block.layer).block(0, block.row, batch, block.rows);
    transposed_multiply(sums, buffers_.input(block.layer).block(0, block.line, batch, columns),
                        gradient);

    for (int r = 0; r < block.rows; ++r) {
        const int row = block.row + r;
        float* g = gradient.row(r);
        if (dual) {
            // sum_i p_i x_i + q_i (c - x_i): the complement's gradient is c * sum of g - d/dp_i.
            float sum = 0.0F;
            for (int b = 0; b < batch; ++b)
                sum += sums.row(b)[r];
            const float constant = net_.complement_sum(block.layer) * sum;
            unfolded.resize(static_cast<size_t>(layer.lines));
            std::copy_n(g, columns, unfolded.begin());
            for (int i = 0; i < columns; ++i)
                unfolded[static_cast<size_t>(columns + i)] = constant - g[i];
            g = unfolded.data();
        }
        const auto at = static_cast<size_t>(row) * static_cast<size_t>(layer.lines) +
                        static_cast<size_t>(block.line);
        float* owned = layer.owned.data() + at;
        if (l2_ != 0.0 && block.layer + 1 < net_.size()) {
            const float twice = static_cast<float>(2.0 * l2_);
            for (int i = 0; i < block.lines; ++i)
                g[i] += twice * owned[i];
        }
        adam.apply(g, layer.first_moment.data() + at, layer.second_moment.data() + at, owned,
                   block.lines);
        net_.derive(block.layer, row, block.line, block.line + block.lines);
    }
}

double Stepper::step(const Inputs& inputs, std::span<const int32_t> images, Shift shift,
                     const AdamStep& adam) {
    const int batch = static_cast<int>(images.size());
    PERMLOOM_ASSERT(batch >= 1 && batch <= buffers_.capacity());
    const int slices =
        std::max(pieces_of(batch, SLICE), std::min(2, pieces_of(batch, SMALLEST_SLICE)));
    pool_.for_each(slices, [&](int i) {
        batch_slice(inputs, images, shift, edge(batch, slices, i), edge(batch, slices, i + 1));
    });
    pool_.for_each(static_cast<int>(blocks_.size()),
                   [&](int i) { update(blocks_[static_cast<size_t>(i)], batch, adam); });
    double loss = 0.0;
    for (int r = 0; r < batch; ++r)
        loss += losses_[static_cast<size_t>(r)];
    return loss;
}

}  // namespace permloom
