// physical_bench: what the physical model costs beside the integer reference, in the same process.
//
// usage: physical_bench [any flag of Google Benchmark]
//
// The chip is 784-100-100-10 with 4-bit devices, one profile a layer, under random wirings; of its
// images one pixel in five is not black, as in MNIST. One core. Prints medians and their ratio to
// `reference`, an image each; fabrication and compilation are of whole copies.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "compiler/base/error.h"
#include "compiler/passes/canonicalise.h"
#include "compiler/passes/encode.h"
#include "sim/physical/physical.h"
#include "sim/reference/reference.h"

namespace permloom::bench {
namespace {

constexpr int SIZES[] = {784, 100, 100, 10};
constexpr int IMAGES = 200;

struct Subject {
    Chip chip;
    Configuration configuration;
    std::vector<std::vector<uint16_t>> images;
};

Subject make_subject() {
    Rng rng(1);
    Subject subject;
    subject.chip.name = "bench";
    for (size_t l = 0; l + 1 < std::size(SIZES); ++l) {
        ChipLayer layer;
        layer.inputs = SIZES[l];
        layer.outputs = SIZES[l + 1];
        layer.device_bits = 4;
        layer.shared_profile = true;
        for (int line = 0; line < layer.lines(); ++line)
            layer.devices.push_back(static_cast<int32_t>(rng.below(15)) - 7);
        std::ranges::sort(layer.devices);
        subject.chip.layers.push_back(std::move(layer));
    }
    check(subject.chip, "bench");
    Sources sources;
    for (const ChipLayer& layer : subject.chip.layers) {
        sources.emplace_back();
        for (int j = 0; j < layer.outputs; ++j) {
            std::vector<int32_t> source(static_cast<size_t>(layer.lines()));
            std::iota(source.begin(), source.end(), 0);
            rng.shuffle(std::span(source));
            sources.back().emplace_back(std::move(source));
        }
    }
    sources = canonicalise(subject.chip, sources);
    Configuration& configuration = subject.configuration;
    configuration.chip_fingerprint = fingerprint(subject.chip);
    configuration.classes = 10;
    configuration.input.size = SIZES[0];
    configuration.input.bits = 8;
    for (const EncodedLayer& layer : encode(subject.chip, sources)) {
        const size_t l = configuration.layers.size();
        configuration.layers.push_back(
            {layer.code,
             layer.payload,
             layer.wiring_bits,
             std::vector<NeuronRegisters>(static_cast<size_t>(SIZES[l + 1]), {0, 1 << 8, 0}),
             {.s = 14, .z = 0, .lo = 0, .hi = 255, .relu = true}});
    }
    for (int i = 0; i < IMAGES; ++i) {
        std::vector<uint16_t> image(static_cast<size_t>(SIZES[0]), 0);
        for (uint16_t& code : image)
            if (rng.chance(0.2)) code = static_cast<uint16_t>(rng.below(256));
        subject.images.push_back(std::move(image));
    }
    return subject;
}

DeviceModel spread_model() {
    DeviceModel model = ideal_model();
    model.device.spread = 0.1;
    return model;
}
DeviceModel reading_model() {
    DeviceModel model = spread_model();
    model.device.read_noise = 0.01;
    model.converter.adc_bits = 8;
    return model;
}
DeviceModel leaking_model() {
    DeviceModel model = spread_model();
    model.switching.insertion_loss_db = 0.1;
    model.switching.crosstalk_db = 30.0;
    return model;
}

const Subject& subject() {
    static const Subject made = make_subject();
    return made;
}

void reference(::benchmark::State& state) {
    const auto model = make_reference(subject().chip, subject().configuration);
    for (auto _ : state)
        for (const auto& image : subject().images)
            ::benchmark::DoNotOptimize(model->infer(image).label);
}

void physical(::benchmark::State& state, const DeviceModel& model) {
    PhysicalNetwork network(subject().chip, subject().configuration,
                            fabricate(subject().chip, model, {}), model, {});
    if (network.needs_calibration()) network.calibrate(subject().images);
    for (auto _ : state)
        for (size_t i = 0; i < subject().images.size(); ++i)
            ::benchmark::DoNotOptimize(
                network.infer(subject().images[i], static_cast<uint32_t>(i)).label);
}

/// A copy drawn and made ready to infer.
void fabrication(::benchmark::State& state, const DeviceModel& model) {
    const FabricateOptions how{.seed = 1, .trial = 0, .sharing = Sharing::neuron};
    for (auto _ : state)
        ::benchmark::DoNotOptimize(PhysicalNetwork(subject().chip, subject().configuration,
                                                   fabricate(subject().chip, model, how), model,
                                                   how));
}

/// Medians of the repetitions, beside `reference`.
class Reporter final : public ::benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context& context) override {
        PrintBasicContext(&GetErrorStream(), context);
        return true;
    }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs)
            if (run.run_type == Run::RT_Iteration && !run.error_occurred)
                seconds_[run.run_name.function_name].push_back(run.cpu_accumulated_time /
                                                               static_cast<double>(run.iterations));
    }
    void Finalize() override {
        fmt::print("{:<28} {:>12} {:>12} {:>12}\n", "case", "us", "images/s", "x reference");
        const double base = median("reference") / IMAGES;
        for (const auto& [name, times] : seconds_) {
            const bool of_images = !name.starts_with("fabricate");
            const double one = median(name) / (of_images ? IMAGES : 1);
            fmt::print("{:<28} {:>12.1f} {:>12} {:>12.2f}\n", name, 1e6 * one,
                       of_images ? fmt::format("{:.0f}", 1.0 / one) : "-", one / base);
        }
    }

  private:
    double median(const std::string& name) {
        std::vector<double> times = seconds_[name];
        PERMLOOM_ASSERT(!times.empty());
        std::ranges::sort(times);
        return times[times.size() / 2];
    }
    std::map<std::string, std::vector<double>> seconds_;
};

}  // namespace
}  // namespace permloom::bench

int main(int argc, char** argv) {
    using namespace permloom::bench;
    ::benchmark::Initialize(&argc, argv);
    if (::benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    const auto add = [](const char* name, const auto& body) {
        ::benchmark::RegisterBenchmark(name, body)->Repetitions(5);
    };
    add("reference", [](::benchmark::State& state) { reference(state); });
    add("spread", [](::benchmark::State& state) { physical(state, spread_model()); });
    add("spread, noise, ADC", [](::benchmark::State& state) { physical(state, reading_model()); });
    add("fabricate", [](::benchmark::State& state) { fabrication(state, spread_model()); });
    add("fabricate, loss, crosstalk",
        [](::benchmark::State& state) { fabrication(state, leaking_model()); });
    Reporter reporter;
    ::benchmark::RunSpecifiedBenchmarks(&reporter);
    return 0;
}
