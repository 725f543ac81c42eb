#include "tools/permloom/physical_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "compiler/program/expand.h"
#include "sim/physical/cost.h"
#include "sim/physical/monte_carlo.h"
#include "tools/permloom/console.h"
#include "tools/permloom/physical_task.h"

namespace permloom::cli {
namespace {

constexpr int DEFAULT_TRIALS = 10;

/// Joules, seconds, square metres with a prefix.
std::string quantity(double value, const char* unit) {
    if (value == 0.0) return fmt::format("0 {}", unit);
    constexpr const char* PREFIXES[] = {"a", "f", "p", "n", "u", "m", "", "k", "M"};
    int prefix = 6;
    for (; std::abs(value) < 1.0 && prefix > 0; --prefix)
        value *= 1000.0;
    for (; std::abs(value) >= 1000.0 && prefix < 8; ++prefix)
        value /= 1000.0;
    return fmt::format("{:.3g} {}{}", value, PREFIXES[prefix], unit);
}

std::string count_text(double count) {
    return std::isinf(count) ? "any number" : fmt::format("{:.3g}", count);
}

/// What it costs, beside an array that is written anew.
void print_cost(const CostReport& cost) {
    if (cost.network.energy == 0.0 && cost.network.area == 0.0) return;
    Table table({"cost (assumptions: sim/physical/cost.h)", "this chip", "rewritable array"});
    const auto add = [&](const char* what, const std::string& ours, const std::string& theirs) {
        table.add({what, ours, theirs});
    };
    const auto area = [](double square_metres) {
        return fmt::format("{:.3g} mm2", 1e6 * square_metres);
    };
    add("energy of an inference", quantity(cost.network.energy, "J"),
        quantity(cost.rewritable.energy, "J"));
    add("latency of an inference", quantity(cost.network.latency, "s"),
        quantity(cost.rewritable.latency, "s"));
    add("area", area(cost.network.area + cost.configuration_area), area(cost.rewritable.area));
    add("energy of a new function", quantity(cost.retask.energy, "J"),
        quantity(cost.rewritable_retask.energy, "J"));
    add("time of a new function", quantity(cost.retask.seconds, "s"),
        quantity(cost.rewritable_retask.seconds, "s"));
    add("new functions until it is worn out", count_text(cost.retask.lifetime),
        count_text(cost.rewritable_retask.lifetime));
    add("inferences between them, for 1 % of the energy", count_text(cost.retask.break_even),
        count_text(cost.rewritable_retask.break_even));
    fmt::print("\n{}", table.text());
}

struct Outcome {
    MonteCarloReport report;
    CostReport cost;
    double seconds = 0.0;
    int trials = 0;
    int64_t images = 0;
    double runs_per_second() const {
        return static_cast<double>(trials) * static_cast<double>(images) / std::max(seconds, 1e-9);
    }
};

void print_json(const Outcome& outcome, const Program& program, const DeviceModel& model,
                const Dataset& data, const std::optional<ChipCopy>& copy, const Values& values) {
    const Distribution& accuracy = outcome.report.accuracy;
    nlohmann::ordered_json json = {
        {"dut", "physical"},
        {"images", outcome.images},
        {"accuracy", accuracy.mean},
        {"accuracy_deviation", accuracy.deviation},
        {"accuracy_p5", accuracy.low},
        {"accuracy_p50", accuracy.median},
        {"accuracy_p95", accuracy.high},
        {"chips", outcome.trials},
        {"accuracies", nlohmann::ordered_json::array()},
        {"signal_to_noise_db", outcome.report.signal_to_noise_db},
        {"worst_layer", outcome.report.worst_layer},
        {"images_per_second", outcome.runs_per_second()},
        {"device", model.name},
        {"seed", values.integer("seed", 0, INT64_MAX)},
        {"configuration", program.path.string()},
        {"dataset", data.name},
    };
    json["cost"] = nlohmann::ordered_json::parse(outcome.cost.to_json());
    for (const ChipScore& chip : outcome.report.chips)
        json["accuracies"].push_back(chip.accuracy);
    if (copy) json["instance"] = to_hex(instance_id(copy->instance));
    fmt::print("{}\n", json.dump(2));
}

void print_text(const Outcome& outcome, const Program& program, const DeviceModel& model,
                const Dataset& data, const std::optional<ChipCopy>& copy) {
    const Distribution& accuracy = outcome.report.accuracy;
    fmt::print("{} on chip {} ({}), device {}\n\n", program.path.string(),
               to_hex(fingerprint(program.chip), 16), shape_text(program.chip), model.name);
    if (copy)
        fmt::print("  copy                  {}, {}\n", to_hex(instance_id(copy->instance), 16),
                   copy->path.string());
    fmt::print("  {} {}\n", copy ? "runs                 " : "chips                ",
               outcome.trials);
    fmt::print("  accuracy              {} (deviation {:.2f} points; {} test images of {})\n",
               percent(accuracy.mean), 100.0 * accuracy.deviation, grouped(outcome.images),
               data.name);
    if (outcome.trials > 1)
        fmt::print("  5th, 50th, 95th       {}, {}, {}\n", percent(accuracy.low),
                   percent(accuracy.median), percent(accuracy.high));
    fmt::print("  chips x images/s      {}\n\n",
               grouped(static_cast<int64_t>(outcome.runs_per_second())));
    Table table({"layer", "signal to noise, dB", ""});
    for (size_t l = 0; l < program.chip.layers.size(); ++l)
        table.add(
            {layer_text(program.chip, l),
             fmt::format("{:.1f}", outcome.report.signal_to_noise_db[l]),
             program.chip.layers.size() > 1 && outcome.report.worst_layer == static_cast<int>(l)
                 ? "worst"
                 : ""});
    fmt::print("{}", table.text());
    print_cost(outcome.cost);
}

}  // namespace

int run_physical(const Values& values) {
    for (const char* option : {"patch", "then", "trace", "gaps", "then-data"})
        refuse_option(values, option, "the physical model has no cycles and loads nothing");
    const PhysicalTask task = read_physical_task(values);
    const Program& program = task.program;
    const std::optional<ChipCopy>& copy = task.copy;

    MonteCarloOptions options;
    options.trials = values.has("trials") ? static_cast<int>(values.integer("trials", 1, 1'000'000))
                     : copy               ? 1
                                          : DEFAULT_TRIALS;
    options.fabricate = task.draws;
    Progress progress(values.flag("quiet"));
    const Stopwatch watch;
    options.on_chip = [&](int done) {
        if (progress.due())
            progress.show(progress_text(static_cast<uint64_t>(done),
                                        static_cast<uint64_t>(options.trials), "chips",
                                        watch.seconds()));
    };
    ThreadPool pool(static_cast<int>(values.integer("threads", 0, 1024)));
    const LabelledCodes images{task.codes, task.data.test.labels};
    Outcome outcome;
    outcome.report = copy ? monte_carlo(program.chip, program.configuration, copy->instance,
                                        task.model, images, task.profile, options, pool)
                          : monte_carlo(program.chip, program.configuration, task.model, images,
                                        task.profile, options, pool);
    outcome.seconds = watch.seconds();
    outcome.cost = physical_cost(
        program.chip,
        expand(program.chip, program.configuration, 0, copy ? &copy->instance : nullptr)
            .load_bits(),
        task.model);
    outcome.trials = options.trials;
    outcome.images = static_cast<int64_t>(task.codes.size());
    progress.clear();
    if (values.flag("json"))
        print_json(outcome, program, task.model, task.data, copy, values);
    else
        print_text(outcome, program, task.model, task.data, copy);
    return OK;
}

}  // namespace permloom::cli
