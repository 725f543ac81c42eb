/// The network in training: everything that is moved, its algorithms, and the weights that the
/// forward pass sees.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/nn/layer_weights.h"
#include "compiler/train/algorithm.h"
#include "compiler/train/devices.h"
#include "compiler/train/disturb.h"

namespace permloom {

/// A bias, gamma or beta: one vector of numbers, one a neuron. A permuted bias is one more weight
/// vector with an algorithm of its layer's kind.
struct TrainedVector {
    enum class Kind { bias, gamma, beta };

    Kind kind = Kind::bias;
    size_t layer = 0;
    size_t norm = 0;             ///< of the layer's batch norms, for gamma and beta
    LayerParameters parameters;  ///< one row
    std::unique_ptr<LayerAlgorithm> algorithm;
};

class TrainingNet {
  public:
    /// A new run on these devices. Alpha and offset of layers that calibrate are still 1 and 0.
    TrainingNet(const NetworkSpec& network, std::vector<LayerDevices> devices, uint64_t seed);

    enum class Continue {
        resume,  ///< everything, to the same bytes
        from,    ///< devices, constants and latents; the optimiser starts anew
    };
    /// `network` has the checkpoint's layers.
    TrainingNet(const NetworkSpec& network, const Checkpoint& checkpoint, Continue how);

    size_t size() const { return layers_.size(); }
    LayerParameters& layer(size_t l) { return layers_[l]; }
    const LayerAlgorithm& algorithm(size_t l) const { return *algorithms_[l]; }
    std::vector<TrainedVector>& vectors() { return vectors_; }
    /// What the forward pass computes with.
    std::vector<LayerWeights>& weights() { return weights_; }
    const std::vector<LayerWeights>& weights() const { return weights_; }
    /// line + its complement, for the lines of layer l.
    float complement_sum(size_t l) const { return complement_sums_[l]; }
    /// Whether some layer syncs with period k.
    bool has_period() const;
    /// Whether all that layer l has trained is finite, moments and statistics included.
    bool is_finite(size_t l) const;

    /// Calls `sync` where it is due after step t, on all rows.
    void sync(int64_t t, int k, ThreadPool& pool);
    /// Sets the smallest magnitudes of every bank to 0 until at most `keep` of it are left, at
    /// least one.
    void prune(double keep);
    /// Weights of lines [begin, end) of a row from its parameters; rows of rail dual whole.
    void derive(size_t l, int row, int begin, int end);
    void derive_vector(const TrainedVector& vector);
    void derive_all(ThreadPool& pool);
    /// Lets the forward pass of this step see disturbed weights, until they are derived again.
    void disturb(const Disturb& disturb, uint64_t step, ThreadPool& pool);
    /// Constants of the weights from alpha and offset.
    void set_constants();
    /// Lookahead's outer step on everything.
    void look_ahead(double rate, ThreadPool& pool);

    /// Devices, projected wiring and latents, as of step t with period k; act_range is left at 1.
    std::vector<LayerState> project(int64_t t, int k, ThreadPool& pool) const;
    /// Fills the optimiser's part.
    void save_state(TrainingState& training) const;

  private:
    void add_layer(const NetworkSpec& network, size_t l, LayerParameters layer);
    void add_vectors(const NetworkSpec& network);
    void add_vector(const NetworkSpec& network, TrainedVector::Kind kind, size_t l, size_t norm,
                    std::vector<float> values);
    void start_optimiser(const NetworkSpec& network);
    void restore(const TrainingState& training);
    std::vector<float>& target(const TrainedVector& vector);
    /// Calls body(layer, row) for the rows of all layers.
    template <class Body>
    void for_each_row(ThreadPool& pool, const Body& body) const;

    std::vector<LayerParameters> layers_;
    std::vector<std::unique_ptr<LayerAlgorithm>> algorithms_;
    std::vector<TrainedVector> vectors_;
    std::vector<LayerWeights> weights_;
    std::vector<float> complement_sums_;
    std::vector<double> largest_;  ///< magnitude of each layer's devices, in the weights' unit
    std::vector<std::pair<size_t, int>> row_pieces_;  ///< layer and first row of a piece of work
};

/// What evaluation runs: the projected weights of a checkpoint's layers.
std::vector<LayerWeights> projected_weights(const NetworkSpec& network,
                                            const std::vector<LayerState>& layers);

}  // namespace permloom
