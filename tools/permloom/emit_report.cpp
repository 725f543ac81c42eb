#include "tools/permloom/emit_report.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "compiler/base/file.h"
#include "tools/permloom/console.h"
#include "tools/permloom/inputs.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

/// Where the Makefile of a target leaves its counts, and the target that makes them.
struct Results {
    fs::path synthesis, placed;  ///< `placed` is empty where nothing is placed
    std::string make_synthesis, make_placed;
};

Results results_of(const std::string& target) {
    if (target == "generic") return {"luts.txt", {}, "luts", {}};
    if (target == "xilinx") return {"build/cells.txt", {}, "luts", {}};
    return {"build/blank/cells.txt", "build/report.json", "bitstream", "bitstream"};
}

std::vector<std::string> cost_row(const std::string& name, const Cost& cost) {
    return {name, grouped(std::llround(cost.luts)), grouped(cost.flip_flops), grouped(cost.rams),
            grouped(cost.memory_bits)};
}

std::string cycles_text(const Estimate& estimate) {
    return fmt::format("one image every {} cycles, latency {}, a load takes {}\n",
                       grouped(estimate.interval), grouped(estimate.latency),
                       grouped(estimate.load_cycles));
}

std::string signed_percent(double error) {
    return std::isfinite(error) ? fmt::format("{:+.1f} %", 100.0 * error) : "-";
}

}  // namespace

std::string estimate_text(const Chip& chip, const Estimate& estimate) {
    Table table(
        {"estimate", "engine", "LUT4", "flip-flops", "block RAMs", "memory bits", "cycles"});
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const PartEstimate& part = estimate.layers[l];
        const ChipLayer& layer = chip.layers[l];
        std::vector<std::string> row = cost_row(layer_text(chip, l), part.cost);
        row.insert(row.begin() + 1, engine_text(layer));
        row.push_back(grouped(part.interval));
        table.add(row);
    }
    for (const PartEstimate& part : estimate.rest) {
        std::vector<std::string> row = cost_row(part.name, part.cost);
        row.insert(row.begin() + 1, "");
        row.emplace_back("");
        table.add(row);
    }
    std::vector<std::string> row = cost_row("total", estimate.total());
    row.insert(row.begin() + 1, "");
    row.push_back(grouped(estimate.interval));
    table.add(row);
    return table.text() + "\n" + cycles_text(estimate) +
           (estimate.rough ? "layers that walk: window reader and map writer are counted roughly\n"
                           : "");
}

ChipReport collect_results(const fs::path& directory) {
    ChipReport report = read_chip_report(directory);
    const Results results = results_of(report.target);
    if (fs::exists(directory / results.synthesis))
        report.synthesis = read_yosys_counts(directory / results.synthesis);
    if (!results.placed.empty() && fs::exists(directory / results.placed))
        report.placed = read_nextpnr_report(directory / results.placed);
    write_file(directory / CHIP_REPORT_FILE, report.to_json());
    return report;
}

std::string results_text(const ChipReport& report, const fs::path& directory) {
    const Results results = results_of(report.target);
    const bool places = !results.placed.empty();
    const Cost total = report.estimate.total();
    Table table({report.chip, "estimate", "Yosys", "error", places ? "nextpnr" : ""});
    const auto row = [&](const std::string& name, double estimate, int64_t SynthesisCounts::*count,
                         const std::string& placed) {
        const auto counted = report.synthesis ? static_cast<double>((*report.synthesis).*count) : 0;
        const bool known = report.synthesis.has_value();
        table.add(
            {name, grouped(std::llround(estimate)), known ? grouped(std::llround(counted)) : "-",
             known && report.comparable() ? signed_percent(relative_error(estimate, counted)) : "-",
             placed});
    };
    const auto placed = [&](int64_t PlacedCounts::*used, int64_t PlacedCounts::*available) {
        return !report.placed ? std::string(places ? "-" : "")
                              : fmt::format("{} of {}", grouped((*report.placed).*used),
                                            grouped((*report.placed).*available));
    };
    row(report.comparable() ? "LUT4" : "LUT4, LUT6", total.luts, &SynthesisCounts::luts, "");
    row("flip-flops", static_cast<double>(total.flip_flops), &SynthesisCounts::flip_flops, "");
    row("block RAMs", static_cast<double>(total.rams), &SynthesisCounts::rams,
        placed(&PlacedCounts::rams, &PlacedCounts::rams_available));
    if (places) {
        table.add({"logic cells", "", "", "",
                   placed(&PlacedCounts::cells, &PlacedCounts::cells_available)});
        table.add(
            {"MHz", "", "", "", report.placed ? fmt::format("{:.1f}", report.placed->mhz) : "-"});
    }

    std::string text = table.text() + "\n" + cycles_text(report.estimate);
    if (!report.comparable())
        text += "the estimate is in cells of an iCE40; those of this part are counted\n";
    if (report.placed)
        text += fmt::format("at {:.1f} MHz {} images/s\n", report.placed->mhz,
                            grouped(std::llround(report.placed->mhz * 1e6 /
                                                 static_cast<double>(report.estimate.interval))));
    const auto missing = [&](const char* tool, const std::string& target) {
        return fmt::format("{} has not been run: make -C {} {}\n", tool, directory.string(),
                           target);
    };
    if (!report.synthesis) text += missing("Yosys", results.make_synthesis);
    if (!report.placed && places) text += missing("nextpnr", results.make_placed);
    return text;
}

}  // namespace permloom::cli
