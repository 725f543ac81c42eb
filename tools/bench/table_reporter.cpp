#include "tools/bench/table_reporter.h"

#include <fmt/format.h>

#include <algorithm>

namespace permloom::bench {

bool TableReporter::ReportContext(const Context& context) {
    PrintBasicContext(&GetErrorStream(), context);
    return true;
}

void TableReporter::ReportRuns(const std::vector<Run>& runs) {
    for (const Run& run : runs) {
        if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
        const std::string& key = run.run_name.function_name;
        const auto row = std::find_if(rows_.begin(), rows_.end(),
                                      [&](const Row& one) { return one.key() == key; });
        if (row == rows_.end()) continue;
        pass_ns_[key].push_back(row->measured.wall_clock ? run.GetAdjustedRealTime()
                                                         : run.GetAdjustedCPUTime());
    }
}

double TableReporter::median_ns(const Row& row) const {
    const auto found = pass_ns_.find(row.key());
    if (found == pass_ns_.end()) return 0.0;
    std::vector<double> times = found->second;
    std::sort(times.begin(), times.end());
    const double pass = (times[(times.size() - 1) / 2] + times[times.size() / 2]) / 2.0;
    return pass / static_cast<double>(distinct_inputs(row.measured.n));
}

void TableReporter::Finalize() {
    std::map<int, double> sort_ns;
    size_t width = 4;
    for (const Row& row : rows_) {
        if (row.measured.name == "std-sort") sort_ns[row.measured.n] = median_ns(row);
        width = std::max(width, row.measured.name.size());
    }
    std::ostream& out = GetOutputStream();
    out << fmt::format("{:<{}}  {:>8}  {:>14}  {:>10}  {:>11}  {:>12}  {:>12}\n", "case", width,
                       "n", "ns/permutation", "ns/element", "x std::sort", "bits", "bound");
    for (const Row& row : rows_) {
        const int n = row.measured.n;
        const double ns = median_ns(row);
        if (ns == 0.0) continue;
        out << fmt::format("{:<{}}  {:>8}  {:>14.0f}  {:>10.2f}  {:>11.4f}", row.measured.name,
                           width, n, ns, ns / n, sort_ns[n] > 0.0 ? ns / sort_ns[n] : 0.0);
        if (row.size.bits > 0.0)
            out << fmt::format("  {:>12.1f}  {:>12.1f}", row.size.bits, row.size.bound);
        out << '\n';
    }
    out.flush();
}

}  // namespace permloom::bench
