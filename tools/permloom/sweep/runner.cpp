#include "tools/permloom/sweep/runner.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "compiler/base/error.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

enum class State { waiting, training, ended, failed };

class Runner {
  public:
    Runner(const std::vector<SweepRun>& runs, const SweepOptions& options)
        : runs_(runs), options_(options), states_(runs.size(), State::waiting) {}

    void train_all();

  private:
    void work(int threads);
    /// The next run to train, waiting for one; none where there will not be any.
    std::optional<size_t> take();
    fs::path start_directory(const SweepRun& run) const {
        return run.directory.parent_path() / run.settings.shuffled;
    }
    /// Of the run that run i starts from; ended where there is none among these.
    State start_of(size_t i) const;
    void end(size_t i, State state);
    void train_one(const SweepRun& run, ThreadPool& pool);

    const std::vector<SweepRun>& runs_;
    const SweepOptions& options_;
    std::vector<State> states_;
    std::mutex scheduling_, reporting_;
    std::condition_variable ended_;
};

State Runner::start_of(size_t i) const {
    if (!runs_[i].settings.shuffled.empty())
        for (size_t j = 0; j < runs_.size(); ++j)
            if (runs_[j].directory == start_directory(runs_[i])) return states_[j];
    return State::ended;
}

std::optional<size_t> Runner::take() {
    std::unique_lock lock(scheduling_);
    while (!*options_.stop) {
        bool waits = false;
        for (size_t i = 0; i < runs_.size(); ++i) {
            if (states_[i] != State::waiting) continue;
            const State start = start_of(i);
            waits |= start == State::waiting || start == State::training;
            if (start != State::ended && start != State::failed) continue;
            states_[i] = State::training;
            return i;
        }
        if (!waits) break;
        ended_.wait(lock);
    }
    return {};
}

void Runner::end(size_t i, State state) {
    const std::lock_guard lock(scheduling_);
    states_[i] = state;
    ended_.notify_all();
}

void Runner::train_one(const SweepRun& run, ThreadPool& pool) {
    TrainOptions options;
    options.seed = run.point->seed;
    options.protocol = options_.protocol;
    options.run = run.directory;
    options.command_line = options_.command_line;
    options.stop = options_.stop;
    EpochReport latest;
    options.on_epoch = [&](const EpochReport& report) { latest = report; };
    options.on_step = [&](int64_t step, int64_t steps, double, double) {
        const std::lock_guard lock(reporting_);
        options_.on_step(run, latest, step, steps);
    };
    options.evaluate_every = run.settings.evaluate_every;
    if (fs::exists(run.directory / "last.safetensors"))
        options.resume = load_checkpoint(run.directory / "last.safetensors");
    else if (!run.settings.shuffled.empty())
        options.shuffled = load_checkpoint(start_directory(run) / "best.safetensors");
    fs::create_directories(run.directory);
    const Checkpoint checkpoint = train(*run.network, *run.data, options, pool);
    if (checkpoint.test.protocol.empty()) return;  // stopped

    const int64_t held_out = options_.protocol == Protocol::held_out
                                 ? held_out_images(run.data->train, options.seed).count
                                 : 0;
    const PointResult result =
        measure_run(run.directory, checkpoint, run.data->train.count - held_out);
    save_result(run.directory, result, run.settings);
    const std::lock_guard lock(reporting_);
    options_.on_result(run, result);
}

void Runner::work(int threads) {
    ThreadPool pool(threads);
    while (const auto i = take()) {
        const SweepRun& run = runs_[*i];
        try {
            // That state is its last one: nobody changes it meanwhile.
            if (start_of(*i) == State::failed)
                throw Error(run.settings.shuffled, "failed, and this run starts from it");
            train_one(run, pool);
            end(*i, State::ended);
        } catch (const std::exception& error) {
            end(*i, State::failed);
            const std::lock_guard lock(reporting_);
            options_.on_failure(run, error.what());
        }
    }
}

void Runner::train_all() {
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    const int workers = std::clamp(options_.jobs, 1, static_cast<int>(runs_.size()));
    std::vector<std::jthread> others;
    for (int i = 1; i < workers; ++i)
        others.emplace_back([&] { work(std::max(1, cores / workers)); });
    work(std::max(1, cores / workers));
}

}  // namespace

void train_runs(const std::vector<SweepRun>& runs, const SweepOptions& options) {
    if (!runs.empty()) Runner(runs, options).train_all();
}

}  // namespace permloom::cli
