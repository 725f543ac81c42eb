#include "tools/permloom/behavioural_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "compiler/program/expand.h"
#include "sim/physical/systemc/physical_device.h"
#include "tools/permloom/chip_under_test.h"
#include "tools/permloom/console.h"
#include "tools/permloom/integer_run.h"
#include "tools/permloom/physical_task.h"

namespace permloom::cli {
namespace {

struct Outcome {
    BenchReport report;
    int64_t correct = 0;
    double seconds = 0.0;
    double accuracy() const {
        return static_cast<double>(correct) / static_cast<double>(report.images);
    }
    double images_per_second() const {
        return static_cast<double>(report.images) / std::max(seconds, 1e-9);
    }
};

void print_json(const Outcome& outcome, const PhysicalTask& task, const DeviceInstance& instance) {
    const nlohmann::ordered_json json = {
        {"dut", "physical-systemc"},
        {"images", outcome.report.images},
        {"accuracy", outcome.accuracy()},
        {"mismatches", outcome.report.mismatches},
        {"wrong_images", outcome.report.wrong_images},
        {"cycles_per_inference", outcome.report.cycles_per_inference},
        {"cycles", outcome.report.cycles},
        {"images_per_second", outcome.images_per_second()},
        {"device", task.model.name},
        {"seed", task.draws.seed},
        {"instance", to_hex(instance_id(instance))},
        {"configuration", task.program.path.string()},
        {"dataset", task.data.name},
    };
    fmt::print("{}\n", json.dump(2));
}

void print_text(const Outcome& outcome, const PhysicalTask& task, const DeviceInstance& instance) {
    const BenchReport& report = outcome.report;
    const auto whole = [](auto count) { return grouped(static_cast<int64_t>(count)); };
    fmt::print("{} on chip {} ({}), device {}, copy {}{}\n\n", task.program.path.string(),
               to_hex(fingerprint(task.program.chip), 16), shape_text(task.program.chip),
               task.model.name, to_hex(instance_id(instance), 16),
               task.copy ? ", " + task.copy->path.string() : "");
    fmt::print("  accuracy              {} ({} of {} test images of {})\n",
               percent(outcome.accuracy()), grouped(outcome.correct), whole(report.images),
               task.data.name);
    fmt::print("  mismatches            {} / {} images\n", report.wrong_images,
               whole(report.images));
    if (report.images > 1)
        fmt::print("  cycles per inference  {:.1f}\n", report.cycles_per_inference);
    fmt::print("  cycles                {}\n", whole(report.cycles));
    fmt::print("  images/s              {}\n", whole(outcome.images_per_second()));
    fmt::print("checked: every code and logit against --dut physical\n");
}

}  // namespace

int run_behavioural(const Values& values) {
    for (const char* option : {"patch", "then", "then-data", "trials"})
        refuse_option(values, option, "the behavioural model runs one configuration on one copy");
    const PhysicalTask task = read_physical_task(values);
    const Chip& chip = task.program.chip;
    const Configuration& configuration = task.program.configuration;
    const DeviceInstance instance =
        task.copy ? task.copy->instance : fabricate(chip, task.model, task.draws);
    const auto network =
        std::make_shared<PhysicalNetwork>(chip, configuration, instance, task.model, task.draws);
    if (network->needs_calibration()) network->calibrate(task.profile);

    Stimulus stimulus;
    stimulus.seed = task.draws.seed;
    stimulus.pixel_gap = stimulus.result_stall = stimulus.load_gap = values.real("gaps", 0.0, 0.99);
    Progress progress(values.flag("quiet"));
    ChipUnderTest device(chip, "physical-systemc",
                         make_physical_device(*network, instance, task.model, task.draws),
                         values.text("trace"), stimulus, progress);
    const auto reference = make_physical(network);
    const LoadStream stream = expand(chip, configuration, 0, &instance);
    device.load({stream.words, reference.get()}, task.program.path.string(), 0);

    const Stopwatch watch;
    Outcome outcome;
    outcome.report = device.run(task.codes);
    outcome.seconds = watch.seconds();
    std::vector<int> labels;
    for (const Result& result : outcome.report.results)
        labels.push_back(result.label);
    outcome.correct = count_correct(task.data.test, labels);
    if (values.flag("json"))
        print_json(outcome, task, instance);
    else
        print_text(outcome, task, instance);
    if (const auto& difference = device.bench().first_difference())
        throw Error(task.program.path.string(), difference->describe());
    return OK;
}

}  // namespace permloom::cli
