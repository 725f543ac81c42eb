#include <cmath>

#include "compiler/base/error.h"
#include "compiler/train/algorithm.h"

namespace permloom {
namespace {

/// Whether every device is 0 or +-v for one v > 0.
bool has_one_magnitude(const std::vector<float>& profile) {
    float magnitude = 0.0F;
    for (const float device : profile) {
        if (device == 0.0F) continue;
        if (magnitude == 0.0F) magnitude = std::abs(device);
        if (std::abs(device) != magnitude) return false;
    }
    return magnitude != 0.0F;
}

}  // namespace

void LayerAlgorithm::start(LayerParameters& layer, const std::vector<float>& arrangement,
                           Rng&) const {
    layer.owned = arrangement;
}

void LayerAlgorithm::start_from(LayerParameters& layer, const std::vector<float>& projected,
                                const std::vector<float>&) const {
    layer.owned = projected;
}

std::span<const float> LayerAlgorithm::latent(const LayerParameters& layer, int row, bool) const {
    return layer.owned_row(row);
}

std::unique_ptr<LayerAlgorithm> make_algorithm(const TrainingSpec& training,
                                               const LayerParameters& layer, int index) {
    switch (training.algorithm) {
        case Algorithm::free:
            return make_free();
        case Algorithm::laperm:
            return make_laperm();
        case Algorithm::laperm_latent:
            break;
        case Algorithm::supermask:
            return make_supermask(training.mask_keep, training.refresh_every);
        case Algorithm::swap:
            return make_swap(training.swap_share);
    }
    const bool maskable = has_one_magnitude(layer.profile);
    switch (training.estimator) {
        case Estimator::drift:
            return make_latent_drift();
        case Estimator::automatic:
            if (!maskable) return make_latent_drift();
            break;
        case Estimator::mask:
            if (maskable) break;
            throw Error("layers." + std::to_string(index),
                        "estimator mask needs devices of one magnitude, {0, v} or {-v, 0, v}",
                        "use estimator drift or auto");
    }
    return make_latent_mask(training.refresh_every);
}

}  // namespace permloom
