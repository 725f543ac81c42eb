/// The network in training: per layer its parameters, its algorithm and the dense layer that the
/// forward pass sees.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/nn/dense.h"
#include "compiler/train/algorithm.h"
#include "compiler/train/devices.h"

namespace permloom {

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
    const std::vector<DenseLayer>& dense() const { return dense_; }
    /// line + its complement, for the lines of layer l.
    float complement_sum(size_t l) const { return complement_sums_[l]; }
    /// Whether some layer syncs with period k.
    bool has_period() const;

    /// Calls `sync` where it is due after step t, on all rows.
    void sync(int64_t t, int k, ThreadPool& pool);
    /// Dense weights of lines [begin, end) of a row from its parameters; rows of rail dual whole.
    void derive(size_t l, int row, int begin, int end);
    void derive_all(ThreadPool& pool);
    /// Constants of the dense layers from alpha and offset.
    void set_constants();

    /// Devices, projected wiring and latents, as of step t with period k; act_range is left at 1.
    std::vector<LayerState> project(int64_t t, int k, ThreadPool& pool) const;
    /// Fills the optimiser's part.
    void save_state(TrainingState& training) const;

  private:
    void add_layer(const NetworkSpec& network, size_t l, LayerParameters layer);
    void for_each_row(ThreadPool& pool,
                      const std::function<void(size_t layer, int row)>& body) const;

    std::vector<LayerParameters> layers_;
    std::vector<std::unique_ptr<LayerAlgorithm>> algorithms_;
    std::vector<DenseLayer> dense_;
    std::vector<float> complement_sums_;
};

/// What evaluation runs: the projected weights of a checkpoint, outputs x lines, as dense layers.
std::vector<DenseLayer> projected_layers(const NetworkSpec& network,
                                         const std::vector<LayerState>& layers);

}  // namespace permloom
