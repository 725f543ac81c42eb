#include "compiler/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/base/file_writer.h"
#include "compiler/base/version.h"
#include "compiler/nn/kernels.h"
#include "compiler/train/calibrate.h"
#include "compiler/train/devices.h"
#include "compiler/train/evaluate.h"
#include "compiler/train/inputs.h"
#include "compiler/train/metrics.h"
#include "compiler/train/net.h"
#include "compiler/train/schedule.h"
#include "compiler/train/step.h"
#include "compiler/train/streams.h"

namespace permloom {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int HELD_OUT_IMAGES = 5000;
/// Fewest steps between two evaluations inside an epoch.
constexpr int EVALUATION_STEPS = 100;
constexpr double REPORT_SECONDS = 0.2;
/// Mean loss of a step beyond which nothing is learned any more: logits of a million.
constexpr double DIVERGED_LOSS = 1e6;
constexpr char LAST[] = "last.safetensors", BEST[] = "best.safetensors",
               METRICS[] = "metrics.jsonl";

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void check_images(const Images& images, int classes, const std::string& name) {
    if (images.count == 0) throw Error(name, "holds no images");
    for (const uint8_t label : images.labels)
        if (label >= classes)
            throw Error(name, fmt::format("a label is {}, it has {} classes", label, classes));
}

void check_request(const NetworkSpec& network, const Dataset& data, const TrainOptions& options) {
    if (data.classes > network.outputs())
        throw Error(data.name, fmt::format("has {} classes, the network has {} outputs",
                                           data.classes, network.outputs()));
    check_images(data.train, data.classes, data.name);
    check_images(data.test, data.classes, data.name);
    PERMLOOM_ASSERT(options.resume.has_value() + options.from.has_value() +
                        options.shuffled.has_value() + !options.devices.empty() <=
                    1);
    PERMLOOM_ASSERT(options.evaluate_every == 0 || options.protocol != Protocol::final);
    if (!options.devices.empty() && options.devices.size() != network.layers.size())
        throw Error("devices", fmt::format("the chip has {} layers, the network {}",
                                           options.devices.size(), network.layers.size()));
    PERMLOOM_ASSERT(options.measured.empty() || options.from.has_value());
    if (!options.measured.empty() && network.training.algorithm != Algorithm::laperm_latent)
        throw Error("training.algorithm",
                    fmt::format("is {}, measured devices are trained on by laperm_latent",
                                to_string(network.training.algorithm)),
                    "leave it out");
}

/// Whether two descriptions describe the same hardware and inputs.
void require_same_layers(NetworkSpec network, const NetworkSpec& other, const char* option) {
    network.training = other.training;
    if (fingerprint(network) != fingerprint(other))
        throw Error(option, "the checkpoint is of a network with other layers or inputs");
}

void check_resume(NetworkSpec network, const Dataset& data, const TrainOptions& options) {
    const Checkpoint& old = *options.resume;
    network.training.epochs = old.network.training.epochs;
    if (fingerprint(network) != fingerprint(old.network))
        throw Error("resume", "the network description is not the one that the run began with",
                    "only training.epochs may change; without NETWORK the run's own is taken");
    if (old.training.weights.empty())
        throw Error("resume", "the checkpoint holds no training state", "use --from");
    if (old.dataset_checksum != data.checksum)
        throw Error("resume", "the run was trained on '" + old.dataset + "', not on these data");
    if (old.training.protocol != to_string(options.protocol))
        throw Error("resume", "the run follows protocol '" + old.training.protocol + "'");
    if (old.noise != options.noise)
        throw Error("resume",
                    old.noise.empty() ? "the run was trained without noise"
                                      : "the run was trained with noise: " + old.noise,
                    "give --noise and its --set device.KEY as at the start");
}

/// Which training images are trained on and which select.
struct Split {
    std::vector<int32_t> train, validation;
};

Split split_images(int count, Protocol protocol, uint64_t seed) {
    Split split{all_images(count), {}};
    if (protocol != Protocol::held_out) return split;
    Rng random = stream(seed, Draw::validation);
    random.shuffle(std::span(split.train));
    const auto middle = split.train.end() - std::min(HELD_OUT_IMAGES, count / 5);
    split.validation.assign(middle, split.train.end());
    split.train.erase(middle, split.train.end());
    std::sort(split.train.begin(), split.train.end());
    return split;
}

TrainingNet make_net(const NetworkSpec& network, const TrainOptions& options, uint64_t seed) {
    if (options.resume) return TrainingNet(network, *options.resume, TrainingNet::Continue::resume);
    if (options.from) {
        require_same_layers(network, options.from->network, "from");
        if (options.measured.empty())
            return TrainingNet(network, *options.from, TrainingNet::Continue::from);
        return TrainingNet(network, on_measured_devices(*options.from, options.measured),
                           TrainingNet::Continue::from);
    }
    std::vector<LayerDevices> devices;
    if (options.shuffled) require_same_layers(network, options.shuffled->network, "shuffled");
    for (size_t l = 0; l < network.layers.size(); ++l) {
        const int index = static_cast<int>(l);
        if (options.shuffled)
            devices.push_back(
                shuffled_devices(network.layers[l], index, options.shuffled->layers[l], seed));
        else if (options.devices.empty())
            devices.push_back(draw_devices(network.layers[l], index, seed));
        else
            devices.push_back(frozen_devices(network.layers[l], index,
                                             options.devices[l].shared_profile,
                                             options.devices[l].devices, seed));
    }
    return TrainingNet(network, std::move(devices), seed);
}

/// One run from its first step to its last.
class Run {
  public:
    Run(const NetworkSpec& network, const Dataset& data, const TrainOptions& options,
        ThreadPool& pool);
    Checkpoint train();

  private:
    bool train_epoch();
    double train_step();
    Stepper::Options stepper_options() const;
    StepRandom step_random() const;
    void sync();
    void begin_epoch();
    /// Fractional epoch at which step `step_` starts.
    double time() const;
    int period() const { return period_at(spec_, time()); }
    bool reached_limit() const { return options_.stop_after && step_ >= *options_.stop_after; }
    bool stopped() const { return (options_.stop && *options_.stop) || reached_limit(); }
    bool selects() const { return options_.protocol != Protocol::final; }
    bool evaluates_here() const;
    bool evaluates_as_is() const;
    void finish_epoch();
    void select(EpochReport& report);
    void evaluate_as_is(EpochReport& report);
    void score(EpochReport& report, std::vector<LayerWeights>& weights);
    EpochReport report() const;
    void show_progress();
    Error diverged(const std::string& how) const;
    std::vector<LayerState> projected() const;
    const Checkpoint* same_devices() const;
    Checkpoint snapshot() const;
    Checkpoint finish();
    void save(const Checkpoint& checkpoint, const char* name) const;
    void save_last(const Checkpoint& checkpoint);

    const NetworkSpec& network_;
    const TrainingSpec& spec_;
    const Dataset& data_;
    const TrainOptions& options_;
    ThreadPool& pool_;
    uint64_t seed_;
    Split split_;
    std::vector<float> input_mean_;
    Inputs inputs_, test_inputs_;
    TrainingNet net_;
    Stepper stepper_;
    Metrics metrics_;
    RankingMonitor monitor_;
    std::optional<Augmenter> augmenter_;

    int64_t epoch_steps_, steps_;
    int64_t step_ = 0;  // completed
    int k_ = 1;         // sync period of the last step
    double learning_rate_ = 0.0;
    double epoch_loss_ = 0.0;  // sum over the images of this epoch so far
    double best_accuracy_ = -1.0;
    std::vector<int32_t> order_;  // of this epoch

    int64_t first_step_ = 0;   // of this process
    int64_t saved_step_ = -1;  // of last.safetensors; -1: there is none
    double train_seconds_ = 0.0, epoch_seconds_ = 0.0;
    int64_t epoch_images_ = 0;  // trained on in epoch_seconds_
    Clock::time_point shown_ = Clock::now();
};

Run::Run(const NetworkSpec& network, const Dataset& data, const TrainOptions& options,
         ThreadPool& pool)
    : network_(network),
      spec_(network.training),
      data_(data),
      options_(options),
      pool_(pool),
      seed_(options.resume ? options.resume->seed : options.seed),
      split_(split_images(data.train.count, options.protocol, seed_)),
      input_mean_(network.input.per_pixel_mean ? pixel_means(network.input, data.train)
                                               : std::vector<float>{}),
      inputs_(network.input, data.train, data.name, input_mean_),
      test_inputs_(network.input, data.test, data.name, input_mean_),
      net_(make_net(network, options, seed_)),
      stepper_(network, net_, stepper_options(), pool),
      metrics_(options.run / METRICS, options.resume ? options.resume->training.step : 0) {
    const auto images = static_cast<int64_t>(split_.train.size());
    if (spec_.augment.any()) {
        const Shape& shape = network.input.shape;
        augmenter_.emplace(Augmentation{spec_.augment.rotation, spec_.augment.zoom,
                                        spec_.augment.shift, spec_.augment.flip},
                           shape.rows, shape.columns, shape.channels);
    }
    epoch_steps_ = (images + spec_.batch - 1) / spec_.batch;
    steps_ = epoch_steps_ * spec_.epochs;
    if (options.resume) {
        const TrainingState& old = options.resume->training;
        step_ = first_step_ = saved_step_ = old.step;
        epoch_loss_ = old.epoch_loss;
        best_accuracy_ = old.best_accuracy;
        net_.derive_all(pool);
        // The period that was in force in the last step.
        const double e = static_cast<double>(step_ - 1) / static_cast<double>(epoch_steps_);
        if (step_ > 0) k_ = period_at(spec_, e);
        if (old.observed.empty())
            monitor_.start(network_, options.resume->layers);
        else
            monitor_.start(old.observed);
        return;
    }
    k_ = period();
    net_.sync(0, k_, pool);
    net_.derive_all(pool);
    if (!options.from) calibrate_constants(network_, net_, inputs_, split_.train, pool);
    monitor_.start(network_, net_.project(0, k_, pool_));
}

Stepper::Options Run::stepper_options() const {
    return {.batch = spec_.batch,
            .classes = data_.classes,
            .l2 = spec_.l2,
            .frozen_zeros = spec_.frozen_zeros,
            .averaging = static_cast<float>(spec_.beta1),
            .sparse_input = inputs_.is_sparse() && !spec_.augment.any() && spec_.shift_pixels == 0,
            .disturb = options_.disturb};
}

double Run::time() const {
    return static_cast<double>(step_) / static_cast<double>(epoch_steps_);
}

void Run::begin_epoch() {
    order_ = split_.train;
    Rng random = stream(seed_, Draw::order, static_cast<uint64_t>(step_ / epoch_steps_));
    random.shuffle(std::span(order_));
    epoch_seconds_ = 0.0;
    epoch_images_ = 0;
}

double Run::train_step() {
    const auto first = static_cast<size_t>(step_ % epoch_steps_) * static_cast<size_t>(spec_.batch);
    const auto images = std::span<const int32_t>(order_).subspan(
        first, std::min(order_.size() - first, static_cast<size_t>(spec_.batch)));
    learning_rate_ = rate_at(spec_, time());
    k_ = period();
    const double loss = stepper_.step(inputs_, images, step_random(),
                                      update_step(spec_, learning_rate_, step_ + 1));
    ++step_;
    const double mean_loss = loss / static_cast<double>(images.size());
    if (!std::isfinite(loss)) throw diverged("the loss is not a number");
    if (mean_loss > DIVERGED_LOSS)
        throw diverged(fmt::format("the loss has grown to {:.1e}", mean_loss));
    sync();
    if (options_.log_every > 0 && step_ % options_.log_every == 0)
        metrics_.add_loss(step_, mean_loss);
    epoch_images_ += static_cast<int64_t>(images.size());
    return loss;
}

Error Run::diverged(const std::string& how) const {
    std::string hint = "lower training.learning_rate";
    if (saved_step_ >= 0) hint += fmt::format("; {} is still that of step {}", LAST, saved_step_);
    return {"training", fmt::format("{} after step {}", how, step_), hint};
}

StepRandom Run::step_random() const {
    StepRandom random;
    random.seed = seed_;
    random.step = static_cast<uint64_t>(step_);
    random.augmenter = augmenter_ ? &*augmenter_ : nullptr;
    if (spec_.shift_pixels > 0) {
        Rng draw = stream(seed_, Draw::shift, random.step);
        const auto width = static_cast<uint64_t>(2 * spec_.shift_pixels + 1);
        random.shift.rows = static_cast<int>(draw.below(width)) - spec_.shift_pixels;
        random.shift.columns = static_cast<int>(draw.below(width)) - spec_.shift_pixels;
    }
    return random;
}

/// What follows a step: Lookahead, then the devices that training gives up, then the sync.
void Run::sync() {
    if (spec_.lookahead.every > 0 && step_ % spec_.lookahead.every == 0)
        net_.look_ahead(spec_.lookahead.rate, pool_);
    if (spec_.keep.initial > 0.0 && step_ % k_ == 0)
        net_.prune(std::min(value_at(spec_.keep, time(), spec_.epochs), 1.0));
    net_.sync(step_, k_, pool_);
}

bool Run::evaluates_here() const {
    if (!selects() || !net_.has_period() || step_ % k_ != 0) return false;
    // Every sync point, or every few of them where they are close together.
    const int64_t every = (EVALUATION_STEPS + k_ - 1) / k_;
    return step_ / k_ % every == 0 && step_ % epoch_steps_ != 0;
}

/// At a step that does not evaluate anyway.
bool Run::evaluates_as_is() const {
    return options_.evaluate_every > 0 && step_ % options_.evaluate_every == 0 &&
           step_ % epoch_steps_ != 0;
}

/// Trains to the end of the epoch; false when it was stopped before.
bool Run::train_epoch() {
    begin_epoch();
    do {
        const auto start = Clock::now();
        epoch_loss_ += train_step();
        const double seconds = seconds_since(start);
        train_seconds_ += seconds;
        epoch_seconds_ += seconds;
        show_progress();
        if (evaluates_here() || evaluates_as_is()) {
            EpochReport point = report();
            if (evaluates_here())
                select(point);
            else
                evaluate_as_is(point);
            metrics_.add(point);
        }
        if (step_ % epoch_steps_ == 0) return true;
    } while (!stopped());
    return false;
}

EpochReport Run::report() const {
    EpochReport result;
    result.epoch = static_cast<int>((step_ + epoch_steps_ - 1) / epoch_steps_);
    result.epochs = spec_.epochs;
    result.step = step_;
    const int64_t in_epoch = (step_ - 1) % epoch_steps_ + 1;
    const auto seen =
        std::min<int64_t>(in_epoch * spec_.batch, static_cast<int64_t>(split_.train.size()));
    result.train_loss = epoch_loss_ / static_cast<double>(seen);
    result.learning_rate = learning_rate_;
    result.protocol = to_string(options_.protocol);
    if (epoch_seconds_ > 0.0)
        result.images_per_second = static_cast<double>(epoch_images_) / epoch_seconds_;
    result.seconds_left = train_seconds_ / static_cast<double>(step_ - first_step_) *
                          static_cast<double>(steps_ - step_);
    return result;
}

void Run::show_progress() {
    if (!options_.on_step || seconds_since(shown_) < REPORT_SECONDS) return;
    shown_ = Clock::now();
    const EpochReport now = report();
    options_.on_step(step_, steps_, now.images_per_second, now.seconds_left);
}

/// Evaluates the projected weights on the split that selects and keeps the best.
void Run::select(EpochReport& report) {
    Checkpoint here = snapshot();
    std::vector<LayerWeights> weights = projected_weights(network_, here.layers);
    score(report, weights);
    if (report.accuracy <= best_accuracy_) return;
    best_accuracy_ = here.training.best_accuracy = report.accuracy;
    save(here, BEST);
}

void Run::evaluate_as_is(EpochReport& report) {
    report.projected = false;
    score(report, net_.weights());
}

/// Evaluates on the split that selects.
void Run::score(EpochReport& report, std::vector<LayerWeights>& weights) {
    const bool held_out = options_.protocol == Protocol::held_out;
    const Score result =
        held_out
            ? evaluate_weights(network_, weights, inputs_, split_.validation, data_.classes, pool_)
            : evaluate_weights(network_, weights, test_inputs_, all_images(data_.test.count),
                               data_.classes, pool_);
    report.synced = !net_.has_period() || step_ % k_ == 0;
    report.split = held_out ? "val" : "test";
    report.accuracy = result.accuracy;
    report.loss = result.loss;
}

void Run::finish_epoch() {
    EpochReport now = report();
    if (selects()) select(now);
    now.layers = monitor_.observe(network_, projected());
    epoch_loss_ = 0.0;
    metrics_.add(now);
    if (step_ < steps_) save_last(snapshot());
    if (options_.on_epoch) options_.on_epoch(now);
}

std::vector<LayerState> Run::projected() const {
    // A relu hides weights that are no numbers from the loss.
    for (size_t l = 0; l < net_.size(); ++l)
        if (!net_.is_finite(l))
            throw diverged(fmt::format("layers.{} holds values that are not finite", l));
    return net_.project(step_, k_, pool_);
}

/// The checkpoint whose devices the run has; null: it has its own.
const Checkpoint* Run::same_devices() const {
    if (options_.resume) return &*options_.resume;
    const bool keeps = options_.measured.empty() && net_.algorithm(0).keeps_devices();
    return options_.from && keeps ? &*options_.from : nullptr;
}

/// The run as it stands, projected: Algorithm 1 ends with a sync, whatever the last step was. The
/// training state keeps the weights before it, so that a resumed run goes on as if never saved.
Checkpoint Run::snapshot() const {
    Checkpoint checkpoint;
    checkpoint.network = network_;
    checkpoint.layers = projected();
    if (spec_.bn_recalibrate > 0) {
        recalibrate_batch_norm(network_, checkpoint.layers, inputs_, split_.train,
                               spec_.bn_recalibrate, pool_);
        checkpoint.training.recalibrated = true;
    }
    checkpoint.input_mean = input_mean_;
    calibrate_ranges(network_, checkpoint.layers, data_.classes, inputs_, split_.train, pool_);
    checkpoint.classes = data_.classes;
    checkpoint.dataset = data_.name;
    checkpoint.dataset_checksum = data_.checksum;
    checkpoint.seed = seed_;
    checkpoint.version = VERSION;
    checkpoint.command_line =
        options_.resume ? options_.resume->command_line : options_.command_line;
    checkpoint.instruction_set = instruction_set();
    const Checkpoint* devices = same_devices();
    checkpoint.chip_fingerprint = devices ? devices->chip_fingerprint : options_.chip_fingerprint;
    checkpoint.instance = devices ? devices->instance : options_.instance;
    checkpoint.noise = options_.noise;
    checkpoint.training.epoch = static_cast<int>(step_ / epoch_steps_);
    checkpoint.training.step = step_;
    checkpoint.training.protocol = to_string(options_.protocol);
    checkpoint.training.epoch_loss = epoch_loss_;
    checkpoint.training.best_accuracy = best_accuracy_;
    if (step_ % epoch_steps_ != 0) checkpoint.training.observed = monitor_.observed();
    net_.save_state(checkpoint.training);
    return checkpoint;
}

void Run::save(const Checkpoint& checkpoint, const char* name) const {
    save_checkpoint(checkpoint, options_.run / name);
}

void Run::save_last(const Checkpoint& checkpoint) {
    metrics_.sync();
    save(checkpoint, LAST);
    saved_step_ = step_;
}

/// Measures the test set once, on the checkpoint that the protocol reports.
Checkpoint Run::finish() {
    Checkpoint last = snapshot();
    const auto measure = [&](Checkpoint& checkpoint) {
        checkpoint.test = evaluate(network_, checkpoint.layers, test_inputs_,
                                   all_images(data_.test.count), data_.classes, pool_);
        checkpoint.test.protocol = to_string(options_.protocol);
    };
    if (!selects()) {
        measure(last);
        save_last(last);
        save(last, BEST);
        return last;
    }
    save_last(last);
    Checkpoint best = load_checkpoint(options_.run / BEST);
    measure(best);
    save(best, BEST);
    return best;
}

Checkpoint Run::train() {
    while (step_ < steps_) {
        if (reached_limit() || !train_epoch()) {
            Checkpoint last = snapshot();
            save_last(last);
            return last;
        }
        finish_epoch();
        if (stopped() && step_ < steps_) return snapshot();
    }
    return finish();
}

}  // namespace

std::string_view to_string(Protocol protocol) {
    switch (protocol) {
        case Protocol::final:
            return "final";
        case Protocol::held_out:
            return "held-out";
        case Protocol::paper:
            return "paper";
    }
    return "final";
}

void clear_run(const std::filesystem::path& run, bool resumes) {
    for (const char* name : {LAST, BEST, METRICS}) {
        FileWriter::remove_leftovers(run / name);
        if (!resumes) std::filesystem::remove(run / name);
    }
}

Images held_out_images(const Images& training, uint64_t seed) {
    const Split split = split_images(training.count, Protocol::held_out, seed);
    Images held_out = training;
    held_out.count = static_cast<int>(split.validation.size());
    held_out.pixels.clear();
    held_out.labels.clear();
    for (const int32_t i : split.validation) {
        const auto image = training.image(i);
        held_out.pixels.insert(held_out.pixels.end(), image.begin(), image.end());
        held_out.labels.push_back(training.labels[static_cast<size_t>(i)]);
    }
    return held_out;
}

Checkpoint train(const NetworkSpec& network, const Dataset& data, const TrainOptions& options,
                 ThreadPool& pool) {
    check_request(network, data, options);
    if (options.resume) check_resume(network, data, options);
    Run run(network, data, options, pool);
    clear_run(options.run, options.resume.has_value());
    return run.train();
}

}  // namespace permloom
