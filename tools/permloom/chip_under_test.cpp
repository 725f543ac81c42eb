#include "tools/permloom/chip_under_test.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/base/error.h"
#include "compiler/emit/rtl_design.h"
#include "sim/systemc/systemc_device.h"
#include "sim/verilated/verilated_device.h"

namespace permloom::cli {
namespace {

std::unique_ptr<Device> make_rtl_device(const Chip& chip, const std::string& trace,
                                        Progress& progress) {
    RtlDesign design;
    design.probes = chip.probes();
    for (const EmittedFile& cell : rtl_cells())
        design.sources.push_back({cell.name, cell.text});
    design.sources.push_back({"permloom_top.sv", emit_top(chip)});
    for (const EmittedFile& image : emit_device_images(chip))
        design.images.push_back({image.name, image.text});
    VerilatedOptions options;
    if (trace.ends_with(".vcd")) options.trace = TraceFormat::vcd;
    if (trace.ends_with(".fst")) options.trace = TraceFormat::fst;
    options.report = [&progress](const std::string& line) { progress.note(line); };
    return make_verilated_device(design, options);
}

void require_loaded(LoadError error, const std::string& name) {
    if (error == LoadError::none) return;
    throw Error(name,
                fmt::format("the chip refused the load with error {}", static_cast<int>(error)),
                "compiler/program/FORMAT.md lists the codes");
}

}  // namespace

ChipUnderTest::ChipUnderTest(const Chip& chip, Kinds kinds, const std::string& trace,
                             const Stimulus& stimulus, Progress& progress)
    : progress_(progress) {
    if (kinds.systemc) add("systemc", make_systemc_device(chip));
    if (kinds.rtl) add("rtl", make_rtl_device(chip, trace, progress));
    begin(chip, trace, stimulus);
}

ChipUnderTest::ChipUnderTest(const Chip& chip, const std::string& name,
                             std::unique_ptr<Device> device, const std::string& trace,
                             const Stimulus& stimulus, Progress& progress)
    : progress_(progress) {
    add(name, std::move(device));
    begin(chip, trace, stimulus);
}

void ChipUnderTest::begin(const Chip& chip, const std::string& trace, const Stimulus& stimulus) {
    if (!trace.empty()) owned_.back()->trace(trace);
    bench_.emplace(chip, devices_, names_, stimulus);
    bench_->reset();
}

void ChipUnderTest::add(const std::string& name, std::unique_ptr<Device> device) {
    devices_.push_back(device.get());
    names_.push_back(name);
    owned_.push_back(std::move(device));
}

void ChipUnderTest::load(const Load& load, const std::string& name, int context) {
    require_loaded(bench_->load(load), name);
    bench_->select(context);
}

BenchReport ChipUnderTest::run(const std::vector<std::vector<uint16_t>>& codes,
                               const std::optional<Reload>& reload,
                               const std::string& reload_name) {
    const Stopwatch watch;
    BenchReport report = bench_->run(codes, reload, [&](uint64_t done, uint64_t) {
        if (progress_.due())
            progress_.show(progress_text(done, codes.size(), "images", watch.seconds()));
    });
    progress_.clear();
    require_loaded(report.load_error, reload_name);
    return report;
}

}  // namespace permloom::cli
