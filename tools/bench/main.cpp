// perm_bench: benchmarks of compiler/perm beside std::sort in the same process.
//
// usage: perm_bench [--benchmark_filter=REGEX] [any other flag of Google Benchmark]
//
// The filter chooses among `case/n`; std::sort of the sizes in use always runs. Prints one table of
// medians on standard output.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <regex>
#include <set>

#include "compiler/base/error.h"
#include "tools/bench/table_reporter.h"

using namespace permloom::bench;

namespace {

/// One iteration is one pass over all inputs of the size, so that every figure has seen each.
void measure(::benchmark::State& state, const Case& measured) {
    const size_t inputs = distinct_inputs(measured.n);
    for (auto _ : state)
        for (size_t first = 0; first < inputs; first += measured.permutations) {
            measured.run(first);
            ::benchmark::ClobberMemory();
        }
}

std::vector<Row> chosen_rows(const std::string& filter) {
    std::vector<Case> cases = route_cases();
    for (Case& one : code_cases())
        cases.push_back(std::move(one));
    const std::regex wanted(filter);
    std::vector<Row> chosen, rows;
    std::set<int> used;
    for (Case& one : cases) {
        Row row{std::move(one), {}};
        if (!std::regex_search(row.key(), wanted)) continue;
        used.insert(row.measured.n);
        chosen.push_back(std::move(row));
    }
    for (const int n : used)
        rows.push_back({sort_baseline(n), {}});
    std::move(chosen.begin(), chosen.end(), std::back_inserter(rows));
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.measured.n < b.measured.n; });
    return rows;
}

int run(int argc, char** argv) {
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
    std::vector<Row> rows = chosen_rows(filter);
    if (rows.empty()) {
        std::cerr << "perm_bench: no case matches " << filter << '\n';
        return 2;
    }
    for (Row& row : rows) {
        row.size = row.measured.check();
        auto* const registered = ::benchmark::RegisterBenchmark(
            row.key().c_str(), [&row](::benchmark::State& state) { measure(state, row.measured); });
        if (row.measured.wall_clock) registered->UseRealTime();
    }
    TableReporter reporter(rows);
    ::benchmark::RunSpecifiedBenchmarks(&reporter, ".*");
    ::benchmark::Shutdown();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "perm_bench: " << error.what() << '\n';
        return 1;
    }
}
