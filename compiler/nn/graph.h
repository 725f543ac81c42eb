/// A network as operations on batches: forward, and the gradient of the loss by everything that is
/// trained.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/nn/layer_weights.h"
#include "compiler/nn/op.h"
#include "compiler/nn/sparse.h"
#include "compiler/spec/network.h"

namespace permloom {

class BiasGradient;
class ConvOp;
class DenseOp;
class BatchNormOp;

/// The layers' numbers for a network: matrices of its shapes, zero; batch norms at their start.
std::vector<LayerWeights> empty_weights(const NetworkSpec& network);

class Graph {
  public:
    struct Options {
        int capacity = 1;             ///< most images of a batch
        bool trains = false;          ///< keeps what the backward pass needs
        bool input_gradient = false;  ///< also d loss / d input
        /// The first layer reads SparseRows; it must be dense and the only reader of the input.
        bool sparse_input = false;
    };
    /// `weights` belongs to the caller, who may change its numbers between passes.
    Graph(const NetworkSpec& network, std::vector<LayerWeights>& weights, const Options& options);
    ~Graph();
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    int capacity() const { return options_.capacity; }
    bool sparse_input() const { return options_.sparse_input; }

    /// What the caller does on each slice of a pass: `load` writes input (or `sparse`); `finish`
    /// reads the logits and, on a pass with a gradient, writes logit_gradient.
    struct Host {
        std::function<void(const Slice&)> load, finish;
    };

    /// Forward over `images` images with running statistics and no dropout.
    void infer(int images, const Host& host, ThreadPool& pool);
    /// Forward up to the sums of layer `l` instead of the logits.
    void infer_sums(int images, size_t l, const Host& host, ThreadPool& pool);
    /// Forward with batch statistics, which also move the running ones; no dropout.
    void measure_statistics(int images, const Host& host, ThreadPool& pool);
    /// Forward and backward. `training`: with batch statistics and dropout, else as `infer`.
    void differentiate(int images, bool training, uint64_t dropout_seed, const Host& host,
                       ThreadPool& pool);
    Value& input() { return *values_.front(); }
    SparseRows& sparse() { return sparse_; }
    /// z of layer l (of a convolution with relu max(z, 0)). Lasts until the operations after it run
    /// in place.
    Value& sums(size_t l) { return *layers_[l].sums; }
    /// What layers that read layer l see.
    Value& output(size_t l) { return *layers_[l].output; }
    /// What the average pool of layer l averages; its output where it has none.
    Value& unpooled(size_t l) { return *layers_[l].unpooled; }
    Value& read_by(size_t l) { return *layers_[l].input; }
    Matrix logits(const Slice& slice) { return sums(layers_.size() - 1).rows(slice); }
    Matrix logit_gradient(const Slice& slice) {
        return sums(layers_.size() - 1).gradient_rows(slice);
    }

    // After `differentiate`:
    /// Dense layers: d loss / d s, images x outputs. Its transpose times the input is the gradient
    /// of the weights.
    ConstMatrix sums_gradient(size_t l, int images);
    /// Convolutions: the gradient of the weights, outputs x inputs; null for dense layers.
    const float* weight_gradient(size_t l) const;
    const std::vector<float>& bias_gradient(size_t l) const;
    const std::vector<float>& gamma_gradient(size_t l, size_t norm) const;
    const std::vector<float>& beta_gradient(size_t l, size_t norm) const;

  private:
    struct Layer {
        Value *input = nullptr, *sums = nullptr, *output = nullptr, *unpooled = nullptr;
        DenseOp* dense = nullptr;
        ConvOp* conv = nullptr;
        std::vector<BatchNormOp*> norms;
        size_t first_op = 0;
    };
    enum class Phase { load, finish, gather, forward, gather_gradient, backward };
    struct Action {
        Phase phase;
        Op* op;
    };
    /// Actions that a slice does on its own, then what is combined over all.
    struct Stage {
        std::vector<Action> actions;
        Op* combine = nullptr;
        bool gradient = false;
    };
    using Plan = std::vector<Stage>;

    Value& add_value(const Shape& shape, bool gradient);
    template <class Operation, class... Arguments>
    Operation* add_op(Arguments&&... arguments);
    /// The gradient that a reader of a layer's output (or of the input) leaves behind.
    InputGradient reader(int layer);
    void add_layer(const NetworkSpec& network, size_t l, std::vector<LayerWeights>& weights);
    void add_then(const NetworkSpec& network, size_t l, LayerWeights& weights, Value*& value);
    Plan plan(size_t ops, bool gradient) const;
    void run(const Plan& plan, const Pass& pass, const Host& host, ThreadPool& pool);
    Pass start_pass(int images);
    void do_stage(int slice);

    Options options_;
    int most_slices_;
    bool convolves_;
    std::vector<std::unique_ptr<Value>> values_;
    std::vector<std::unique_ptr<Op>> ops_;
    std::vector<Layer> layers_;
    std::vector<int> readers_;  // not yet built, of the input, then of each layer's output
    SparseRows sparse_;
    Plan inference_, training_;
    std::vector<std::pair<Op*, int>> prepare_, finish_;  // pieces

    // Of the pass under way.
    std::vector<Slice> slices_;
    Pass pass_;
    const Stage* stage_ = nullptr;
    const Host* host_ = nullptr;
    std::function<void(int)> do_stage_, do_prepare_, do_finish_;
};

}  // namespace permloom
