/// Training: from a network description and data to a checkpoint.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/data/dataset.h"
#include "compiler/spec/network.h"
#include "compiler/train/disturb.h"
#include "compiler/train/measured.h"
#include "compiler/train/monitor.h"

namespace permloom {

/// What one evaluation or epoch amounts to; a line of metrics.jsonl.
struct EpochReport {
    int epoch = 0, epochs = 0;
    int64_t step = 0;
    double train_loss = 0.0;
    double learning_rate = 0.0;
    double images_per_second = 0.0, seconds_left = 0.0;
    double accuracy = -1.0, loss = 0.0;  ///< of the selection split; -1: none
    std::string split;                   ///< "val" or "test"; empty: none
    std::string protocol;
    bool synced = false;  ///< the weights in training were a permutation of the devices just then
    /// Of the weights that were evaluated: false, as they were in training, between two syncs.
    bool projected = true;
    std::vector<LayerMonitor> layers;  ///< at the end of an epoch
};

/// How the reported checkpoint is chosen. `held_out` sets 5000 training images
/// aside (a fifth, where there are fewer than 25000); `paper` looks at the test set.
enum class Protocol { final, held_out, paper };
/// "final", "held-out", "paper"
std::string_view to_string(Protocol protocol);

struct TrainOptions {
    uint64_t seed = 1;
    Protocol protocol = Protocol::final;
    std::filesystem::path run;  ///< directory for checkpoints and metrics.jsonl; must exist
    std::string command_line;
    std::optional<Checkpoint> resume;  ///< continue this run to the same bytes
    std::optional<Checkpoint> from;    ///< start from these devices and latents
    /// Start from the weights of this run, shuffled inside each weight vector (N_S of the paper).
    std::optional<Checkpoint> shuffled;
    std::optional<int64_t> stop_after;  ///< steps of the whole run, then it saves and returns
    int log_every = 0;  ///< steps between two lines of metrics.jsonl with the loss; 0: none
    /// Steps between two evaluations of the weights as they are, between syncs too; 0: none. They
    /// are lines of metrics.jsonl and select nothing. Not for Protocol::final, which looks at no
    /// split before the end.
    int evaluate_every = 0;
    /// Devices frozen beforehand (`--devices FILE.chip`): per layer the sorted integer banks. The
    /// caller has checked the shapes against the network.
    struct FrozenLayer {
        bool shared_profile = false;
        std::vector<int32_t> devices;  ///< (1 or outputs) x lines, ascending
    };
    std::vector<FrozenLayer> devices;
    /// Devices of a fabricated copy of the chip that `from` was compiled to, a layer each: training
    /// goes on on them (see measured.h). Its `from` may have been trained by another algorithm.
    std::vector<MeasuredLayer> measured;
    std::string chip_fingerprint;
    std::string instance;  ///< of `measured`, as in Checkpoint
    /// Disturbs the weights of every forward pass in training; evaluation, syncs and checkpoints
    /// never see it. A resumed run must be given the same.
    Disturb disturb;
    std::string noise;  ///< what `disturb` does, in words that tell it apart from others
    std::function<void(const EpochReport&)> on_epoch;
    /// Several times a second: finished steps of all steps, images/s, seconds left.
    std::function<void(int64_t step, int64_t steps, double images_per_second, double seconds_left)>
        on_step;
    const std::atomic<bool>* stop = nullptr;  ///< set (Ctrl-C): save and return early
};

/// Trains as the description says and writes last.safetensors after every epoch. best.safetensors
/// is the best so far where the protocol selects (by the validation split, or by the test set), and
/// the last one otherwise. Returns the checkpoint that the protocol reports, with its test score;
/// after `stop` or `stop_after`, the last one without. A new run removes what an earlier one left
/// in its directory. Throws Error when the data or the checkpoint to continue from do not fit the
/// network, and when the training diverges; last.safetensors is then as it was.
Checkpoint train(const NetworkSpec& network, const Dataset& data, const TrainOptions& options,
                 ThreadPool& pool);

/// Makes a run directory ready: what killed writers left goes, and what an earlier run wrote goes
/// unless it `resumes`, so that there is never a mixture of two.
void clear_run(const std::filesystem::path& run, bool resumes);

/// The training images that a run of Protocol::held_out and this seed sets aside.
Images held_out_images(const Images& training, uint64_t seed);

/// Accuracy and mean cross-entropy of a checkpoint's projected weights on `images`.
Score evaluate_float(const Checkpoint& checkpoint, const Images& images, ThreadPool& pool);

}  // namespace permloom
