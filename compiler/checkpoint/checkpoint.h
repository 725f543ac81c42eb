/// Door 1: a trained network. Everything that evaluate, compile and resume need, in one value.
///
/// On disk a run directory holds `last.safetensors` and `best.safetensors`; both open in NumPy and
/// PyTorch. Tensor names: layers.I.source (int32, outputs x lines), .profile (float32, banks x
/// lines), .profile_q (int32), .latent (float32, outputs x lines), .bias (float32, 1 x outputs),
/// .batch_norm.K (float32, 4 x channels: gamma, beta, running mean, running variance); input.mean
/// (float32, 1 x values); training.* (optimiser state). The scalars and the network description are
/// in the header's metadata.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "compiler/spec/network.h"

namespace permloom {

/// One layer. With a = the layer's input (real values, lines as in Rail) and W[j][i] the weight of
/// line i in neuron j:
///
///     z_j = alpha * (sum_i W[j][i] * line_i - offset),   a' = activation(z)
///
/// W[j][source[j][r]] = profile[bank][r]. For rail split the profile is ternary (negative: on the
/// complement rail) and the sum is over W * a, the complement's constant having cancelled. The
/// complement lines of rail dual are codes like any other, hi - x: in real values (hi - 2 zero) *
/// step - a.
struct LayerState {
    std::vector<int32_t> source;     ///< outputs x lines
    std::vector<float> profile;      ///< (1 or outputs) x lines, ascending
    std::vector<int32_t> profile_q;  ///< as profile; empty for real-valued devices
    double scale = 1.0;              ///< profile = profile_q * scale
    std::vector<float> latent;       ///< outputs x lines; ties and re-ranking are decided by it
    double alpha = 1.0, offset = 0.0;
    double act_range =
        1.0;  ///< real activation that the largest code stands for, from training data
    std::vector<float> bias;  ///< outputs, or empty; z_j = alpha * (sum + bias_j - offset)
    struct BatchNorm {
        std::vector<float> gamma, beta, mean, variance;  ///< a channel each
    };
    std::vector<BatchNorm> batch_norms;  ///< in the order of the layer's `then`
};

/// What `--resume` needs to go on to the same bytes. Random draws are keyed by seed, epoch and
/// step, so that no generator state is part of it.
struct TrainingState {
    int epoch = 0;              ///< completed epochs
    int64_t step = 0;           ///< completed steps
    std::string protocol;       ///< of the run, as in Score
    double epoch_loss = 0.0;    ///< sum over the images seen since the last completed epoch
    double best_accuracy = -1;  ///< so far, on the split that the protocol selects by; -1: none
    /// Per layer, outputs x lines: what the optimiser owns. Between two syncs of `laperm` it is no
    /// permutation of the devices, which is why `source` is kept apart.
    std::vector<std::vector<float>> weights;
    std::vector<std::vector<float>> auxiliary;  ///< per layer, of the algorithm; may be empty
    std::vector<std::vector<float>> first_moment, second_moment;  ///< per layer
    std::vector<std::vector<float>> slow;  ///< per layer, of Lookahead; may be empty
    /// Biases, gammas and betas, in the order of the layers.
    struct Vector {
        std::vector<float> profile, weights, auxiliary, first_moment, second_moment, slow;
    };
    std::vector<Vector> vectors;
    /// Running statistics of every batch norm as trained (LayerState may hold measured ones).
    struct Running {
        std::vector<float> mean, variance;
    };
    std::vector<Running> running;
    bool recalibrated = false;  ///< LayerState's statistics were measured again
    /// Inside an epoch: per layer, the rankings at the end of the last one (as `source`), which the
    /// measures of metrics.jsonl compare with. Else empty.
    std::vector<std::vector<int32_t>> observed;
};

/// Protocol of checkpoints that were imported, not trained.
inline constexpr char IMPORTED[] = "imported";

/// Accuracy and loss stamped with how they were chosen (design.md section 8).
struct Score {
    double accuracy = 0.0, loss = 0.0;
    /// "final", "held-out" or "paper", as in training; "imported": of the weights of another
    /// program, whose choice is unknown; empty: not measured.
    std::string protocol;
};

struct Checkpoint {
    NetworkSpec network;
    std::vector<LayerState> layers;
    std::vector<float> input_mean;  ///< of each value, where `mean: per_pixel`; else empty
    int classes = 0;                ///< of the data set; <= network.outputs()
    std::string dataset, dataset_checksum;
    uint64_t seed = 1;
    std::string version, command_line, instruction_set;
    std::string
        chip_fingerprint;  ///< hexadecimal, when trained on the devices of a chip; else empty
    /// Hexadecimal, when trained on the devices of a fabricated copy of that chip; else empty. The
    /// profiles are then what those measure, and `scale` is that of the chip's own.
    std::string instance;
    std::string noise;  ///< what the weights were disturbed by in training; empty: nothing
    Score test;
    TrainingState training;
};

/// Writes `path` atomically. Throws Error, and writes nothing, when a value is not finite.
void save_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& path);
/// Reads and checks: shapes, source is a permutation, profile ascending. Throws Error.
Checkpoint load_checkpoint(const std::filesystem::path& path);
/// `run` is a run directory (then `which` = "last" or "best") or a safetensors file.
std::filesystem::path checkpoint_path(const std::filesystem::path& run, const std::string& which);

}  // namespace permloom
