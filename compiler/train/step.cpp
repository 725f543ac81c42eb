#include "compiler/train/step.h"

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/nn/loss.h"
#include "compiler/train/streams.h"

namespace permloom {
namespace {

/// Weights times images of one block: enough for the products to run at speed.
constexpr int BLOCK_WORK = 1 << 18;
/// The most rows and lines of a block: its gradient stays in the cache.
constexpr int BLOCK_ROWS = 64, BLOCK_LINES = 1024;
/// Even a short row is shared out in so many pieces, unless they get shorter than FEWEST_LINES.
constexpr int LINE_PIECES = 4, FEWEST_LINES = 192;
/// Pieces of a row end where a vector does.
constexpr int VECTOR = 16;

int pieces_of(int total, int piece) {
    return (total + piece - 1) / piece;
}

/// Piece i of n covers [i * total / n, (i + 1) * total / n).
int edge(int total, int pieces, int i) {
    return static_cast<int>(static_cast<int64_t>(total) * i / pieces);
}

/// Working memory of the calling thread, at least `count` floats.
float* scratch(size_t count) {
    thread_local AlignedFloats memory;
    if (memory.size() < count) memory.resize(count);
    return memory.data();
}

/// Whether the first layer can read the values that are not zero alone: it must be dense, and no
/// other layer may read the input, which is then not written.
bool can_skip_zeros(const NetworkSpec& network) {
    const LayerSpec& first = network.layers.front();
    const auto readers =
        std::count_if(network.layers.begin(), network.layers.end(),
                      [](const LayerSpec& layer) { return layer.from == NETWORK_INPUT; });
    return !first.convolves && first.rail != Rail::dual && readers == 1;
}

}  // namespace

Stepper::Stepper(const NetworkSpec& network, TrainingNet& net, const Options& options,
                 ThreadPool& pool)
    : network_(network),
      net_(net),
      pool_(pool),
      options_(options),
      graph_(network, net.weights(),
             {options.batch, true, false, options.sparse_input && can_skip_zeros(network)}),
      labels_(static_cast<size_t>(options.batch)),
      losses_(static_cast<size_t>(options.batch)) {
    for (size_t l = 0; l < net.size(); ++l)
        add_blocks(l);
    host_ = {[this](const Slice& slice) { load(slice); },
             [this](const Slice& slice) { finish(slice); }};
    update_block_ = [this](int i) { update(blocks_[static_cast<size_t>(i)]); };
}

void Stepper::add_blocks(size_t l) {
    const LayerParameters& layer = net_.layer(l);
    if (l == 0 && graph_.sparse_input()) {
        for (int row = 0; row < layer.outputs; row += PANEL)
            blocks_.push_back({l, row, std::min(PANEL, layer.outputs - row), 0, layer.lines, true});
        return;
    }
    // A neuron's two rails stay together.
    const bool dual = layer.rail == Rail::dual;
    const int row_pieces = pieces_of(layer.outputs, dual ? BLOCK_ROWS / 2 : BLOCK_ROWS);
    const int64_t work = static_cast<int64_t>(layer.outputs) * layer.lines * options_.batch;
    const int most = std::max({1, std::min(layer.lines / FEWEST_LINES, LINE_PIECES),
                               pieces_of(layer.lines, BLOCK_LINES)});
    const int line_pieces =
        dual ? 1 : static_cast<int>(std::clamp<int64_t>(work / BLOCK_WORK, 1, most));
    const int vectors = pieces_of(layer.lines, VECTOR);
    const auto line_edge = [&](int i) {
        return std::min(VECTOR * edge(vectors, line_pieces, i), layer.lines);
    };
    for (int i = 0; i < row_pieces; ++i)
        for (int j = 0; j < line_pieces; ++j) {
            const int row = edge(layer.outputs, row_pieces, i);
            const int line = line_edge(j);
            blocks_.push_back({l, row, edge(layer.outputs, row_pieces, i + 1) - row, line,
                               line_edge(j + 1) - line, false});
        }
}

void Stepper::load(const Slice& slice) {
    for (int r = slice.begin; r < slice.end; ++r)
        inputs_->prefetch(images_[static_cast<size_t>(r)]);
    for (int r = slice.begin; r < slice.end; ++r) {
        const int32_t image = images_[static_cast<size_t>(r)];
        labels_[static_cast<size_t>(r)] = inputs_->label(image);
        if (graph_.sparse_input()) {
            inputs_->write_sparse(image, graph_.sparse(), r);
        } else if (random_->augmenter != nullptr) {
            Rng random = stream(random_->seed, Draw::augment,
                                random_->step << 20 | static_cast<uint64_t>(r));
            inputs_->write_augmented(image, *random_->augmenter, random,
                                     scratch(static_cast<size_t>(network_.input.size)),
                                     graph_.input().row(r));
        } else {
            inputs_->write(image, random_->shift, graph_.input().row(r));
        }
    }
}

void Stepper::finish(const Slice& slice) {
    const auto first = static_cast<size_t>(slice.begin);
    softmax_cross_entropy(graph_.logits(slice), std::span(labels_).subspan(first), options_.classes,
                          1.0F / static_cast<float>(images_.size()), graph_.logit_gradient(slice),
                          std::span(losses_).subspan(first));
}

/// Moves lines [line, line + lines) of a row along their gradient.
void Stepper::move(LayerParameters& layer, const LayerAlgorithm& algorithm, int row, int line,
                   int lines, float l2, bool frozen_zeros, float* gradient) {
    const auto at =
        static_cast<size_t>(row) * static_cast<size_t>(layer.lines) + static_cast<size_t>(line);
    float* owned = layer.owned.data() + at;
    float* first = layer.first_moment.data() + at;
    float* second = layer.second_moment.data() + at;
    if (l2 != 0.0F)
        for (int i = 0; i < lines; ++i)
            gradient[i] += 2.0F * l2 * owned[i];
    algorithm.pull_back(layer, row, line, line + lines, gradient);
    if (!algorithm.moves_values()) {
        for (int i = 0; i < lines; ++i)
            first[i] = options_.averaging * first[i] + (1.0F - options_.averaging) * gradient[i];
        return;
    }
    if (frozen_zeros)
        // A frozen weight has never had a gradient: what is 0 without one stays.
        for (int i = 0; i < lines; ++i)
            gradient[i] =
                owned[i] == 0.0F && second[i] == 0.0F && first[i] == 0.0F ? 0.0F : gradient[i];
    apply(*update_, gradient, first, second, owned, lines);
}

void Stepper::update(const Block& block) {
    const size_t l = block.layer;
    LayerParameters& layer = net_.layer(l);
    const LayerAlgorithm& algorithm = net_.algorithm(l);
    const int batch = static_cast<int>(images_.size());
    const bool dual = layer.rail == Rail::dual;
    const float l2 = l + 1 < net_.size() ? static_cast<float>(options_.l2) : 0.0F;
    const int columns = dual ? layer.inputs : block.lines;
    const auto area = static_cast<size_t>(block.rows) * static_cast<size_t>(columns);
    const auto panel = block.panel ? static_cast<size_t>(PANEL) * static_cast<size_t>(columns) : 0;
    const auto unfolded_size = dual ? static_cast<size_t>(layer.lines) : 0;
    float* memory = scratch(area + panel + unfolded_size);
    Matrix gradient{memory, block.rows, columns, columns};

    if (const float* whole = graph_.weight_gradient(l)) {
        for (int r = 0; r < block.rows; ++r)
            std::copy_n(whole + static_cast<long>(block.row + r) * layer.lines + block.line,
                        block.lines, gradient.row(r));
    } else if (block.panel) {
        sparse_gradient(graph_.sparse(), batch, graph_.sums_gradient(l, batch), block.row / PANEL,
                        memory + area, gradient);
    } else {
        const ConstMatrix sums =
            graph_.sums_gradient(l, batch).block(0, block.row, batch, block.rows);
        const ConstMatrix in = graph_.read_by(l).rows({0, 0, batch});
        transposed_multiply(sums, in.block(0, block.line, batch, columns), gradient);
    }

    for (int r = 0; r < block.rows; ++r) {
        const int row = block.row + r;
        float* g = gradient.row(r);
        if (dual) {
            // sum_i p_i x_i + q_i (c - x_i): the complement's gradient is c * sum of g - d/dp_i.
            const ConstMatrix sums = graph_.sums_gradient(l, batch);
            float sum = 0.0F;
            for (int b = 0; b < batch; ++b)
                sum += sums.data[static_cast<long>(b) * sums.stride + row];
            const float constant = net_.complement_sum(l) * sum;
            float* unfolded = memory + area;
            std::copy_n(g, columns, unfolded);
            for (int i = 0; i < columns; ++i)
                unfolded[columns + i] = constant - g[i];
            g = unfolded;
        }
        move(layer, algorithm, row, block.line, block.lines, l2, options_.frozen_zeros, g);
        net_.derive(l, row, block.line, block.line + block.lines);
    }
}

void Stepper::update_vector(TrainedVector& vector) {
    const auto& gradient = vector.kind == TrainedVector::Kind::bias
                               ? graph_.bias_gradient(vector.layer)
                           : vector.kind == TrainedVector::Kind::gamma
                               ? graph_.gamma_gradient(vector.layer, vector.norm)
                               : graph_.beta_gradient(vector.layer, vector.norm);
    float* copy = scratch(gradient.size());
    std::copy(gradient.begin(), gradient.end(), copy);
    move(vector.parameters, *vector.algorithm, 0, 0, vector.parameters.lines, 0.0F, false, copy);
    net_.derive_vector(vector);
}

double Stepper::step(const Inputs& inputs, std::span<const int32_t> images,
                     const StepRandom& random, const UpdateStep& update) {
    const int batch = static_cast<int>(images.size());
    PERMLOOM_ASSERT(batch >= 1 && batch <= graph_.capacity());
    inputs_ = &inputs;
    images_ = images;
    random_ = &random;
    update_ = &update;
    // Every weight is derived anew in the update.
    if (options_.disturb) net_.disturb(options_.disturb, random.step, pool_);
    const uint64_t dropout = stream(random.seed, Draw::dropout, random.step).next();
    graph_.differentiate(batch, true, dropout, host_, pool_);
    pool_.for_each(static_cast<int>(blocks_.size()), update_block_);
    for (TrainedVector& vector : net_.vectors())
        update_vector(vector);
    double loss = 0.0;
    for (int r = 0; r < batch; ++r)
        loss += losses_[static_cast<size_t>(r)];
    return loss;
}

}  // namespace permloom
