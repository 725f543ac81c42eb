#include "tools/permloom/sweep/runner.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

class Runner {
  public:
    Runner(const std::vector<SweepRun>& runs, const SweepOptions& options)
        : runs_(runs), options_(options) {}

    void train_all();

  private:
    void work(int threads);
    void train_one(const SweepRun& run, ThreadPool& pool);

    const std::vector<SweepRun>& runs_;
    const SweepOptions& options_;
    std::atomic<size_t> next_{0};
    std::mutex reporting_;
};

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
    if (fs::exists(run.directory / "last.safetensors"))
        options.resume = load_checkpoint(run.directory / "last.safetensors");
    fs::create_directories(run.directory);
    const Checkpoint checkpoint = train(*run.network, *run.data, options, pool);
    if (checkpoint.test.protocol.empty()) return;  // stopped

    const int64_t held_out = options_.protocol == Protocol::held_out
                                 ? held_out_images(run.data->train, options.seed).count
                                 : 0;
    const PointResult result =
        measure_run(run.directory, checkpoint, run.data->train.count - held_out);
    save_result(run.directory, result, fingerprint(*run.network));
    const std::lock_guard lock(reporting_);
    options_.on_result(run, result);
}

void Runner::work(int threads) {
    ThreadPool pool(threads);
    for (size_t i = next_++; i < runs_.size() && !*options_.stop; i = next_++) {
        try {
            train_one(runs_[i], pool);
        } catch (const std::exception& error) {
            const std::lock_guard lock(reporting_);
            options_.on_failure(runs_[i], error.what());
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
