/// How a network is trained: the `training` part of its description.
#pragma once

#include <vector>

namespace permloom {

/// free: the weights themselves move, no devices. supermask: fixed weights, a trained choice of the
/// ones that stay (edge-popup). swap: devices change places pairwise, no value is ever computed.
enum class Algorithm { free, laperm, laperm_latent, supermask, swap };
enum class Estimator { automatic, drift, mask };
enum class Optimizer { adam, adamw, sgd };

enum class ScheduleKind { constant, exponential, cosine, step, piecewise, linear, learning_rate };

/// Value at fractional epoch e of E: constant: initial; exponential: initial * decay^floor(e);
/// cosine: initial * (1 + cos(pi e / E)) / 2 + floor; step: initial * decay^(floor(e) / every);
/// piecewise: initial, then values[i] from epoch at[i] on; linear: from initial to `last`;
/// learning_rate (of other values than the learning rate itself): initial * (rate at 0 / rate at
/// e)^exponent.
struct Schedule {
    ScheduleKind kind = ScheduleKind::constant;
    double initial = 0.0;
    double decay = 1.0;
    double floor = 0.0;
    int every = 1;
    std::vector<double> at{}, values{};
    double last = 0.0;
    double exponent = 1.0;

    bool operator==(const Schedule&) const = default;
};

/// Lookahead (Zhang et al., 2019): every `every` steps slow += rate * (fast - slow), fast = slow.
struct LookaheadSpec {
    int every = 0;  ///< 0: none
    double rate = 0.5;

    bool operator==(const LookaheadSpec&) const = default;
};

/// Random changes of each training image, as Keras' ImageDataGenerator makes them.
struct AugmentSpec {
    double rotation = 0.0;  ///< degrees
    double zoom = 0.0;      ///< fraction, each axis on its own
    double shift = 0.0;     ///< fraction of the extent, each axis on its own
    bool flip = false;      ///< left-right, every second image

    bool any() const { return rotation > 0.0 || zoom > 0.0 || shift > 0.0 || flip; }
    bool operator==(const AugmentSpec&) const = default;
};

struct TrainingSpec {
    Algorithm algorithm = Algorithm::laperm_latent;
    Estimator estimator = Estimator::automatic;
    int epochs = 1;
    int batch = 50;
    Schedule learning_rate;
    Schedule sync_every;     ///< k in steps, rounded to at least 1
    int refresh_every = 20;  ///< steps between threshold refreshes of estimator mask
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
    double gain = 1.0;     ///< std of the pre-activation after calibration (estimator mask)
    double beta = 1.0;     ///< std of the logits after calibration (estimator mask)
    double l2 = 0.0;       ///< coefficient on the weights of all layers but the last, coupled
    int shift_pixels = 0;  ///< augmentation: circular shift by up to this many pixels, per batch

    Optimizer optimizer = Optimizer::adam;
    double momentum = 0.0;      ///< of sgd
    double weight_decay = 0.0;  ///< of adamw, decoupled
    LookaheadSpec lookahead;
    bool frozen_zeros = false;  ///< weights that start at 0 stay there
    /// Fraction of the devices still kept, where `initial` > 0: at every sync the smallest
    /// magnitudes beyond it become 0.
    Schedule keep;
    AugmentSpec augment;
    double mask_keep = 0.5;    ///< of supermask: fraction of the weights in use
    double swap_share = 0.05;  ///< of swap: fraction of the lines that may change at a sync
    int bn_recalibrate = 0;    ///< training batches over which batch norm is measured again at a
                               ///< checkpoint; 0: running statistics as trained

    bool operator==(const TrainingSpec&) const = default;
};

}  // namespace permloom
