#include "tools/bench/step_bench.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "compiler/base/embedded_file.h"
#include "compiler/base/error.h"
#include "compiler/data/dataset.h"
#include "compiler/nn/matrix.h"
#include "compiler/train/calibrate.h"
#include "compiler/train/devices.h"
#include "compiler/train/evaluate.h"
#include "compiler/train/schedule.h"
#include "compiler/train/streams.h"

namespace permloom {

const std::vector<EmbeddedFile>& bench_networks();

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t SEED = 1;
constexpr int CLASSES = 10;
constexpr int RANDOM_BATCHES = 16;
constexpr double WARM_UP_SECONDS = 0.3;
constexpr int REPETITIONS = 10;
constexpr int PEAK_SIZE = 1024, PEAK_PRODUCTS = 20;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string name_of(const EmbeddedFile& file) {
    return std::string(file.path.substr(0, file.path.rfind('.')));
}

NetworkSpec network_of(const std::string& name) {
    for (const EmbeddedFile& file : bench_networks())
        if (name_of(file) == name) return parse_network(file.text, name);
    throw Error(name, "there is no such case", "train_bench --help lists them");
}

Images random_images(const NetworkSpec& network) {
    const Shape& shape = network.input.shape;
    Rng rng(SEED);
    Images images{
        RANDOM_BATCHES * network.training.batch, shape.rows, shape.columns, shape.channels, {}, {}};
    images.pixels.resize(static_cast<size_t>(images.count) * static_cast<size_t>(shape.size()));
    for (uint8_t& pixel : images.pixels)
        pixel = static_cast<uint8_t>(1 + rng.below(255));
    images.labels.resize(static_cast<size_t>(images.count));
    for (uint8_t& label : images.labels)
        label = static_cast<uint8_t>(rng.below(CLASSES));
    return images;
}

Inputs inputs_of(const NetworkSpec& network) {
    const std::string& name = network.name;
    if (name.ends_with("-mnist")) return {network.input, load_dataset("mnist").train, "mnist"};
    return {network.input, random_images(network), name};
}

std::vector<LayerDevices> devices_of(const NetworkSpec& network) {
    std::vector<LayerDevices> devices;
    for (size_t l = 0; l < network.layers.size(); ++l)
        devices.push_back(draw_devices(network.layers[l], static_cast<int>(l), SEED));
    return devices;
}

}  // namespace

std::vector<std::string> step_case_names() {
    std::vector<std::string> names;
    for (const EmbeddedFile& file : bench_networks())
        names.push_back(name_of(file));
    return names;
}

StepBench::StepBench(const std::string& name, ThreadPool& pool)
    : network_(network_of(name)),
      pool_(pool),
      inputs_(inputs_of(network_)),
      net_(network_, devices_of(network_), SEED),
      stepper_(network_, net_,
               {.batch = network_.training.batch,
                .classes = CLASSES,
                .l2 = network_.training.l2,
                .frozen_zeros = network_.training.frozen_zeros,
                .averaging = static_cast<float>(network_.training.beta1),
                .sparse_input = inputs_.is_sparse()},
               pool),
      order_(all_images(inputs_.count())) {
    const int batch = network_.training.batch;
    epoch_steps_ = (inputs_.count() + batch - 1) / batch;
    net_.sync(0, period_at(network_.training, time()), pool);
    net_.derive_all(pool);
    calibrate_constants(network_, net_, inputs_, order_, pool);
}

double StepBench::time() const {
    return static_cast<double>(step_) / static_cast<double>(epoch_steps_);
}

int StepBench::step() {
    const TrainingSpec& training = network_.training;
    const auto batch = static_cast<size_t>(training.batch);
    const auto first = static_cast<size_t>(step_ % epoch_steps_) * batch;
    if (first == 0) {
        Rng random = stream(SEED, Draw::order, static_cast<uint64_t>(step_ / epoch_steps_));
        random.shuffle(std::span(order_));
    }
    const auto images =
        std::span<const int32_t>(order_).subspan(first, std::min(order_.size() - first, batch));
    const double rate = rate_at(training, time());
    const int k = period_at(training, time());
    StepRandom random;
    random.seed = SEED;
    random.step = static_cast<uint64_t>(step_);
    const double loss =
        stepper_.step(inputs_, images, random, update_step(training, rate, step_ + 1));
    ++step_;
    PERMLOOM_ASSERT(std::isfinite(loss));
    net_.sync(step_, k, pool_);
    return static_cast<int>(images.size());
}

double StepBench::operations_per_image() const {
    double total = 0.0;
    for (const LayerSpec& layer : network_.layers) {
        const double places = layer.convolves ? layer.map.rows * layer.map.columns : 1;
        total += (layer.from == NETWORK_INPUT ? 4.0 : 6.0) * layer.inputs * layer.outputs * places;
    }
    return total;
}

StepSpeed measure_steps(StepBench& bench, double seconds) {
    for (const auto start = Clock::now(); seconds_since(start) < WARM_UP_SECONDS;)
        bench.step();
    StepSpeed result;
    std::vector<double> speeds;
    for (int repetition = 0; repetition < REPETITIONS; ++repetition) {
        const auto start = Clock::now();
        int64_t images = 0;
        double passed = 0.0;
        while (passed < seconds / REPETITIONS) {
            images += bench.step();
            ++result.steps;
            passed = seconds_since(start);
        }
        result.seconds += passed;
        speeds.push_back(static_cast<double>(images) / passed);
    }
    std::sort(speeds.begin(), speeds.end());
    result.images_per_second = (speeds[(speeds.size() - 1) / 2] + speeds[speeds.size() / 2]) / 2.0;
    result.best_images_per_second = speeds.back();
    return result;
}

double measure_gemm_peak() {
    constexpr auto AREA = static_cast<size_t>(PEAK_SIZE) * PEAK_SIZE;
    Rng rng(SEED);
    std::vector<float> a(AREA), b(AREA), c(AREA);
    for (size_t i = 0; i < AREA; ++i) {
        a[i] = static_cast<float>(rng.uniform(-1.0, 1.0));
        b[i] = static_cast<float>(rng.uniform(-1.0, 1.0));
    }
    const auto matrix = [](std::vector<float>& values) -> Matrix {
        return {values.data(), PEAK_SIZE, PEAK_SIZE, PEAK_SIZE};
    };
    double best = 1e300;
    for (int i = 0; i < PEAK_PRODUCTS; ++i) {
        const auto start = Clock::now();
        multiply(matrix(a), matrix(b), matrix(c));
        best = std::min(best, seconds_since(start));
    }
    return 2.0 * static_cast<double>(AREA) * PEAK_SIZE / best / 1e9;
}

}  // namespace bench
}  // namespace permloom
