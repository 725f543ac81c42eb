/// Training steps of one network, as the trainer runs them, against the clock.
#pragma once

#include <string>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/spec/network.h"
#include "compiler/train/inputs.h"
#include "compiler/train/net.h"
#include "compiler/train/step.h"

namespace permloom::bench {

/// The cases of bench_networks.py, in its order.
std::vector<std::string> step_case_names();

/// A case ready for its next step: NAME-mnist on MNIST, all others on random images without a zero.
class StepBench {
  public:
    /// Throws Error where there is no such case, or MNIST has not been fetched.
    StepBench(const std::string& name, ThreadPool& pool);

    /// One step of the trainer: the epoch's images in random order, learning rate, step, sync.
    /// Returns the images it trained on.
    int step();

    /// Multiplications and additions of the products alone: forward, gradient of the weights,
    /// gradient of what a layer reads.
    double operations_per_image() const;

  private:
    double time() const;

    NetworkSpec network_;
    ThreadPool& pool_;
    Inputs inputs_;
    TrainingNet net_;
    Stepper stepper_;
    std::vector<int32_t> order_;
    int64_t epoch_steps_;
    int64_t step_ = 0;  // completed
};

struct StepSpeed {
    double images_per_second = 0.0;       ///< median over the repetitions
    double best_images_per_second = 0.0;  ///< of the repetitions
    double seconds = 0.0;                 ///< of all repetitions
    int64_t steps = 0;                    ///< in `seconds`
};

/// After a warm-up, `seconds` of steps in equal repetitions.
StepSpeed measure_steps(StepBench& bench, double seconds);

/// GFLOP/s of the best of many products of two 1024 x 1024 matrices on this thread.
double measure_gemm_peak();

}  // namespace permloom::bench
