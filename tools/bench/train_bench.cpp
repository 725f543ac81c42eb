// train_bench: training steps of the networks of bench_networks.py, and the sync by itself.
//
// usage: train_bench [--case NAME]... [--threads T] [--seconds S] [--json]
//        train_bench --sync [--benchmark_filter=REGEX] [any other flag of Google Benchmark]
//
// Prints a table of the cases (all, unless named), or one JSON object a line. GFLOP/s count the
// products alone, as plain loops do them: steps that skip zeros, or convolve by Winograd's method,
// can pass the peak, which is that of a product of two 1024 x 1024 matrices on one thread, times T.

#include <fmt/format.h>

#include <boost/program_options.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/step_bench.h"
#include "tools/bench/sync_bench.h"

using namespace permloom;
using namespace permloom::bench;
namespace po = boost::program_options;

namespace {

struct Options {
    std::vector<std::string> cases = step_case_names();
    int threads = 1;
    double seconds = 3.0;
    bool json = false;
};

void print_json(const std::string& name, const Options& options, const StepSpeed& speed,
                double gflops, double peak) {
    const nlohmann::ordered_json line = {{"case", name},
                                         {"threads", options.threads},
                                         {"images_per_second", speed.images_per_second},
                                         {"best_images_per_second", speed.best_images_per_second},
                                         {"gflops", gflops},
                                         {"gemm_peak_gflops", peak},
                                         {"seconds", speed.seconds},
                                         {"steps", speed.steps}};
    std::cout << line.dump() << std::endl;
}

void measure(const Options& options) {
    ThreadPool pool(options.threads);
    const double peak = options.threads * measure_gemm_peak();
    if (!options.json)
        std::cout << fmt::format("{:<10} {:>10} {:>10} {:>9} {:>8} {:>8}\n", "case", "images/s",
                                 "best", "us/step", "GFLOP/s", "of peak");
    for (const std::string& name : options.cases) {
        StepBench bench(name, pool);
        const StepSpeed speed = measure_steps(bench, options.seconds);
        const double gflops = speed.images_per_second * bench.operations_per_image() / 1e9;
        if (options.json) {
            print_json(name, options, speed, gflops, peak);
            continue;
        }
        std::cout << fmt::format("{:<10} {:>10.0f} {:>10.0f} {:>9.0f} {:>8.1f} {:>7.0f}%", name,
                                 speed.images_per_second, speed.best_images_per_second,
                                 1e6 * speed.seconds / static_cast<double>(speed.steps), gflops,
                                 100.0 * gflops / peak)
                  << std::endl;
    }
}

int run(int argc, char** argv) {
    if (argc > 1 && argv[1] == std::string_view("--sync")) {
        argv[1] = argv[0];
        return run_sync_bench(argc - 1, argv + 1);
    }
    Options options;
    po::options_description known("options");
    const auto add = [&](const char* name, const po::value_semantic* value, const char* about) {
        known.add_options()(name, value, about);
    };
    const std::string all = fmt::format("{}", fmt::join(options.cases, " "));
    add("case", po::value(&options.cases)->value_name("NAME")->default_value(options.cases, all),
        "what to measure; may be repeated");
    add("threads", po::value(&options.threads)->value_name("T")->default_value(options.threads),
        "that a step runs on");
    add("seconds", po::value(&options.seconds)->value_name("S")->default_value(options.seconds),
        "that a case is measured for");
    add("json", po::bool_switch(&options.json), "one object a line instead of the table");
    add("sync", po::bool_switch(), "given first: the sync; what follows goes to Google Benchmark");
    add("help", po::bool_switch(), "this text");
    po::variables_map values;
    try {
        po::store(po::parse_command_line(argc, argv, known), values);
        po::notify(values);
        if (options.threads < 1) throw po::error("--threads must be at least 1");
    } catch (const po::error& error) {
        std::cerr << "train_bench: " << error.what() << "\n  hint: train_bench --help\n";
        return 2;
    }
    if (values["help"].as<bool>()) {
        std::cout << known;
        return 0;
    }
    measure(options);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "train_bench: " << error.what() << '\n';
        return 1;
    }
}
