/// How one layer is trained: the seam between Adam, which moves real numbers, and the devices,
/// which only change places.
///
/// One algorithm is one file with one entry point; algorithms.cpp chooses. All methods are const
/// and touch nothing but the rows they are given, so that rows can be worked on in parallel.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/base/rng.h"
#include "compiler/nn/weight_vectors.h"
#include "compiler/spec/network.h"

namespace permloom {

/// One layer in training. Rows are neurons, columns are lines (design.md section 4, Rails).
struct LayerParameters {
    int inputs = 0, outputs = 0, lines = 0;
    Rail rail = Rail::single;

    // The devices.
    bool shared_profile = false;
    std::vector<float> profile;      ///< (1 or outputs) x lines, ascending
    std::vector<int32_t> profile_q;  ///< as profile, or empty
    double scale = 1.0;              ///< profile = profile_q * scale

    // z = alpha * (sum of device * line - offset), as in LayerState.
    double alpha = 1.0, offset = 0.0;

    // The training state.
    std::vector<float> owned;      ///< outputs x lines: what Adam moves
    std::vector<float> auxiliary;  ///< of the algorithm
    std::vector<float> first_moment, second_moment;
    std::vector<float> slow;  ///< of Lookahead, else empty

    /// Row `row` of an outputs x lines matrix.
    template <class Values>
    auto part(Values& values, int row) const {
        const auto n = static_cast<size_t>(lines);
        return std::span(values).subspan(static_cast<size_t>(row) * n, n);
    }
    std::span<const float> bank(int row) const { return part(profile, shared_profile ? 0 : row); }
    std::span<float> owned_row(int row) { return part(owned, row); }
    std::span<const float> owned_row(int row) const { return part(owned, row); }
    std::span<float> auxiliary_row(int row) { return part(auxiliary, row); }
    std::span<const float> auxiliary_row(int row) const { return part(auxiliary, row); }
};

class LayerAlgorithm {
  public:
    virtual ~LayerAlgorithm() = default;

    /// A new run: sets `owned`. `arrangement` (outputs x lines) is the initial placement of the
    /// devices; `random` is a stream of this layer's own.
    virtual void start(LayerParameters& layer, const std::vector<float>& arrangement,
                       Rng& random) const;
    /// Continues from a trained layer: its projected weights and its latents (both outputs x
    /// lines).
    virtual void start_from(LayerParameters& layer, const std::vector<float>& projected,
                            const std::vector<float>& latent) const;

    /// Whether `sync` is to be called after step t (0: before the first), k being the sync period.
    virtual bool due(int64_t t, int k) const = 0;
    /// The periodic work on one row.
    virtual void sync(LayerParameters& layer, int row, Ranker& ranker) const = 0;
    /// What the forward pass uses of a row's lines [begin, end), after every step and every sync.
    virtual void derive(const LayerParameters& layer, int row, int begin, int end,
                        float* weights) const = 0;

    /// Turns the gradient by the derived weights of a row's lines [begin, end) into the gradient by
    /// what is owned, in place.
    virtual void pull_back(const LayerParameters&, int /*row*/, int /*begin*/, int /*end*/,
                           float* /*gradient*/) const {}

    /// The ranking variable of a row: the devices go in ascending order of it. `synced`: a sync was
    /// the last thing that happened.
    virtual std::span<const float> latent(const LayerParameters& layer, int row, bool synced) const;
    /// Whether alpha and offset are to be calibrated on images before the first step.
    virtual bool calibrates() const { return false; }
    /// device / weight: 1 unless the forward pass counts in units of the shared value.
    virtual double unit(const LayerParameters&) const { return 1.0; }
    /// Whether the sync period k means anything to it.
    virtual bool has_period() const { return true; }
    /// Whether the devices keep their values; false: the derived weights are the devices.
    virtual bool keeps_devices() const { return true; }
    /// Whether the optimiser moves what is owned; false: the step only averages gradients, in
    /// first_moment, for `sync` to use.
    virtual bool moves_values() const { return true; }
};

/// Free weights: the reference that knows no devices.
std::unique_ptr<LayerAlgorithm> make_free();
/// Algorithm 1 of Train-by-Reconnect.
std::unique_ptr<LayerAlgorithm> make_laperm();
/// Latents that are never overwritten; distinct or multi-level devices.
std::unique_ptr<LayerAlgorithm> make_latent_drift();
/// Latents that are never overwritten; devices {0, v} or {-v, 0, v}.
std::unique_ptr<LayerAlgorithm> make_latent_mask(int refresh_every);

/// Fixed weights of which each neuron uses the fraction `keep` with the largest scores.
std::unique_ptr<LayerAlgorithm> make_supermask(double keep, int refresh_every);
/// Devices that change places in pairs, by the sign of the mean gradient alone.
std::unique_ptr<LayerAlgorithm> make_swap(double share);

/// The algorithm that the description asks for on this layer. Throws Error, naming the layer, when
/// the devices do not suit it.
std::unique_ptr<LayerAlgorithm> make_algorithm(const TrainingSpec& training,
                                               const LayerParameters& layer, int index);

}  // namespace permloom
