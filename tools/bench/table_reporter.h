/// Collects the repetitions of every case and prints one table of their medians at the end.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

#include "tools/bench/bench.h"

namespace permloom::bench {

/// What the table says of one case besides its time; the benchmark's name is `name/n`.
struct Row {
    Case measured;
    CodeBits size;

    std::string key() const { return measured.name + "/" + std::to_string(measured.n); }
};

class TableReporter final : public ::benchmark::BenchmarkReporter {
  public:
    explicit TableReporter(const std::vector<Row>& rows) : rows_(rows) {}

    bool ReportContext(const Context& context) override;
    void ReportRuns(const std::vector<Run>& runs) override;
    void Finalize() override;

  private:
    /// Median nanoseconds of one permutation; 0 where the case did not run.
    double median_ns(const Row& row) const;

    const std::vector<Row>& rows_;
    std::map<std::string, std::vector<double>> pass_ns_;  ///< one pass over all inputs
};

}  // namespace permloom::bench
