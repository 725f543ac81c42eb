#include "tools/bench/sync_bench.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <string>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/base/rng.h"
#include "compiler/nn/weight_vectors.h"

namespace permloom::bench {
namespace {

constexpr int SIZES[] = {100, 128, 576, 784, 1152, 1600, 4096, 16384};

using Draw = std::vector<float> (*)(size_t n, Rng& rng);

std::vector<float> normal(size_t n, Rng& rng) {
    std::vector<float> weights(n);
    for (float& weight : weights)
        weight = static_cast<float>(rng.truncated_normal());
    return weights;
}

/// Few distinct weights.
std::vector<float> ties(size_t n, Rng& rng) {
    std::vector<float> weights = normal(n, rng);
    for (float& weight : weights)
        weight = std::round(2.0F * weight) / 2.0F;
    return weights;
}

std::vector<float> sorted(size_t n, Rng& rng) {
    std::vector<float> weights = normal(n, rng);
    std::sort(weights.begin(), weights.end());
    return weights;
}

/// What sorted weights are after a few small steps.
std::vector<float> nearly_sorted(size_t n, Rng& rng) {
    std::vector<float> weights = sorted(n, rng);
    for (float& weight : weights)
        weight += static_cast<float>(0.01 * rng.truncated_normal());
    return weights;
}

/// Devices of few values that have hardly moved: distinct weights on a tiny part of the range.
std::vector<float> clusters(size_t n, Rng& rng) {
    std::vector<float> weights = ties(n, rng);
    for (float& weight : weights)
        weight += static_cast<float>(1e-4 * rng.truncated_normal());
    return weights;
}

const std::vector<std::pair<std::string, Draw>> WEIGHTS = {{"normal", normal},
                                                           {"ties", ties},
                                                           {"sorted", sorted},
                                                           {"nearly-sorted", nearly_sorted},
                                                           {"clusters", clusters}};

/// The inputs of one row of the table and where both sides put their results.
struct Inputs {
    std::vector<std::vector<float>> weights;
    std::vector<float> profile, synced;
    std::vector<int32_t> source;
    Ranker ranker;

    Inputs(Draw draw, size_t n) : synced(n), source(n) {
        constexpr size_t WEIGHTS_IN_ALL = size_t{1} << 20;
        Rng rng(1, n);
        weights.resize(std::clamp<size_t>(WEIGHTS_IN_ALL / n, 1, 1024));
        for (auto& one : weights)
            one = draw(n, rng);
        profile = sorted(n, rng);
    }

    void sync(const std::vector<float>& one) {
        ranker.rank(one, source);
        scatter(source, profile, synced);
    }

    void sync_by_stable_sort(const std::vector<float>& one) {
        std::iota(source.begin(), source.end(), 0);
        std::stable_sort(source.begin(), source.end(), [&](int32_t a, int32_t b) {
            return one[static_cast<size_t>(a)] < one[static_cast<size_t>(b)];
        });
        scatter(source, profile, synced);
    }

    void check() {
        for (const auto& one : weights) {
            sync_by_stable_sort(one);
            const std::vector<int32_t> expected = source;
            sync(one);
            PERMLOOM_ASSERT(source == expected);
        }
    }
};

/// One iteration is one pass over all inputs.
template <class Sync>
void measure(::benchmark::State& state, Inputs& inputs, Sync sync) {
    for (auto _ : state)
        for (const auto& one : inputs.weights) {
            (inputs.*sync)(one);
            ::benchmark::DoNotOptimize(inputs.synced.data());
            ::benchmark::ClobberMemory();
        }
}

struct Row {
    std::string name;  ///< WEIGHTS/n
    std::unique_ptr<Inputs> inputs;

    double weights() const {
        return static_cast<double>(inputs->weights.size() * inputs->profile.size());
    }
};

class SyncReporter final : public ::benchmark::BenchmarkReporter {
  public:
    explicit SyncReporter(const std::vector<Row>& rows) : rows_(rows) {}

    bool ReportContext(const Context& context) override {
        PrintBasicContext(&GetErrorStream(), context);
        return true;
    }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs)
            if (run.run_type == Run::RT_Iteration && !run.error_occurred)
                pass_ns_[run.run_name.function_name].push_back(run.GetAdjustedCPUTime());
    }

    void Finalize() override {
        std::ostream& out = GetOutputStream();
        out << fmt::format("{:<24}  {:>9}  {:>21}  {:>13}\n", "sync", "ns/weight",
                           "stable_sort ns/weight", "x stable_sort");
        for (const Row& row : rows_) {
            const double ns = median_ns("sync/" + row.name) / row.weights();
            const double baseline = median_ns("stable-sort/" + row.name) / row.weights();
            out << fmt::format("{:<24}  {:>9.2f}  {:>21.2f}  {:>13.3f}\n", "sync/" + row.name, ns,
                               baseline, ns / baseline);
        }
        out.flush();
    }

  private:
    double median_ns(const std::string& name) {
        std::vector<double>& times = pass_ns_.at(name);
        std::sort(times.begin(), times.end());
        return (times[(times.size() - 1) / 2] + times[times.size() / 2]) / 2.0;
    }

    const std::vector<Row>& rows_;
    std::map<std::string, std::vector<double>> pass_ns_;  ///< one pass over all inputs
};

std::vector<Row> chosen_rows(const std::string& filter) {
    const std::regex wanted(filter);
    std::vector<Row> rows;
    for (const auto& [weights, draw] : WEIGHTS)
        for (const int n : SIZES) {
            const std::string name = fmt::format("{}/{}", weights, n);
            if (std::regex_search("sync/" + name, wanted))
                rows.push_back({name, std::make_unique<Inputs>(draw, static_cast<size_t>(n))});
        }
    return rows;
}

}  // namespace

int run_sync_bench(int argc, char** argv) {
    // Defaults first: what the user says later wins.
    std::vector<std::string> arguments = {argv[0], "--benchmark_repetitions=5",
                                          "--benchmark_min_time=0.05",
                                          "--benchmark_enable_random_interleaving=true"};
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    std::vector<char*> pointers;
    for (std::string& one : arguments)
        pointers.push_back(one.data());
    int count = static_cast<int>(pointers.size());
    ::benchmark::Initialize(&count, pointers.data());
    if (::benchmark::ReportUnrecognizedArguments(count, pointers.data())) return 2;

    std::string filter = ::benchmark::GetBenchmarkFilter();
    if (filter == "all") filter = ".*";
    const std::vector<Row> rows = chosen_rows(filter);
    if (rows.empty()) {
        std::cerr << "train_bench: no case matches " << filter << '\n';
        return 2;
    }
    for (const Row& row : rows) {
        Inputs& inputs = *row.inputs;
        inputs.check();
        ::benchmark::RegisterBenchmark(
            ("sync/" + row.name).c_str(),
            [&](::benchmark::State& state) { measure(state, inputs, &Inputs::sync); });
        ::benchmark::RegisterBenchmark(("stable-sort/" + row.name).c_str(),
                                       [&](::benchmark::State& state) {
                                           measure(state, inputs, &Inputs::sync_by_stable_sort);
                                       });
    }
    SyncReporter reporter(rows);
    ::benchmark::RunSpecifiedBenchmarks(&reporter, ".*");
    ::benchmark::Shutdown();
    return 0;
}

}  // namespace permloom::bench
