/// permloom sweep: the runs of an experiment -> run directories, one table, and whether the
/// experiment's claims hold.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "compiler/base/file.h"
#include "compiler/spec/library.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/options.h"
#include "tools/permloom/stop_signals.h"
#include "tools/permloom/sweep/claims.h"
#include "tools/permloom/sweep/runner.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

Options options() {
    return Options("sweep", "EXPERIMENT [--scale S] [--out DIR] [options]",
                   "Trains every run of an experiment: its variants x its grid x its seeds, a run "
                   "directory each.\n"
                   "Writes DIR/sweep.csv, prints a table of mean and range over the seeds, and "
                   "says of each claim\n"
                   "that the experiment made beforehand whether the numbers confirm it. The same "
                   "command again\n"
                   "goes on where it was interrupted; finished runs are not trained again.",
                   "permloom sweep fig03 --jobs 2\n"
                   "permloom sweep fig06 --scale paper --out fig06 --only training.sync_every=20\n"
                   "permloom sweep my-experiment.yaml --json\n"
                   "permloom plot runs/fig06-reduced --kind k-sweep")
        .argument("EXPERIMENT",
                  "a description (.yaml), or the name of one in models/experiments: " +
                      fmt::format("{}", fmt::join(experiment_names(), ", ")))
        .value("scale", "S", "reduced: fits an afternoon; paper: as published, days of computing",
               "reduced")
        .value("out", "DIR", "directory of the runs; default: runs/EXPERIMENT-SCALE")
        .value("jobs", "N",
               "runs at a time, the cores shared between them; small networks train "
               "fastest with one run a core",
               "1")
        .repeatable("only", "AXIS=VALUE",
                    "train only these runs, and those that they start from: variant=NAME, seed=S "
                    "or KEY=VALUE; repeatable")
        .flag("quiet", "no progress")
        .flag("json", "print the results as JSON");
}

/// The runs of one scale and what is known of them.
struct Sweep {
    ExperimentSpec experiment;
    std::string scale_name;
    fs::path directory;
    std::vector<ExperimentPoint> points;
    std::vector<NetworkSpec> networks;  ///< of the points
    std::vector<Registers> registers;
    std::vector<RunSettings> settings;
    std::vector<std::optional<PointResult>> results;

    const ExperimentScale& scale() const {
        return scale_name == "paper" ? experiment.paper : experiment.reduced;
    }
};

/// Whether a run has the value of an axis; `seed` is an axis here.
bool has_value(const ExperimentPoint& point, const Override& wanted) {
    return wanted.value ==
           (wanted.key == "seed" ? std::to_string(point.seed) : point.value(wanted.key));
}

std::vector<Override> read_only(const Values& values, const Sweep& sweep) {
    std::vector<std::string> axes = axes_of(sweep.scale());
    axes.push_back("seed");
    std::vector<Override> only;
    for (const std::string& text : values.list("only")) {
        const size_t equals = text.find('=');
        const std::string axis = text.substr(0, equals);
        if (equals == std::string::npos || equals == 0)
            throw Error("--only", "'" + text + "' is not AXIS=VALUE", "for example --only seed=1",
                        ErrorKind::usage);
        if (std::find(axes.begin(), axes.end(), axis) == axes.end())
            throw Error("--only",
                        "'" + axis + "' is no axis of the experiment" + did_you_mean(axis, axes),
                        fmt::format("its axes are {}", fmt::join(axes, ", ")), ErrorKind::usage);
        only.push_back({axis, text.substr(equals + 1)});
        const bool any = std::any_of(
            sweep.points.begin(), sweep.points.end(),
            [&](const ExperimentPoint& point) { return has_value(point, only.back()); });
        if (!any)
            throw Error("--only", fmt::format("no run has {} {}", axis, only.back().value), {},
                        ErrorKind::usage);
    }
    return only;
}

/// Several conditions on one axis are alternatives.
bool selected(const ExperimentPoint& point, const std::vector<Override>& only) {
    return std::all_of(only.begin(), only.end(), [&](const Override& one) {
        return std::any_of(only.begin(), only.end(), [&](const Override& other) {
            return other.key == one.key && has_value(point, other);
        });
    });
}

Protocol protocol_of(const std::string& name) {
    for (const Protocol protocol : {Protocol::held_out, Protocol::paper})
        if (to_string(protocol) == name) return protocol;
    return Protocol::final;
}

/// Of the run with index `i` and the one that it starts from.
void require_same_layers(const Sweep& sweep, size_t i, size_t start) {
    NetworkSpec network = sweep.networks[start];
    network.training = sweep.networks[i].training;
    if (fingerprint(network) != fingerprint(sweep.networks[i]))
        throw Error("run " + sweep.points[i].name,
                    fmt::format("starts from {}, which has other layers or inputs",
                                sweep.points[start].name));
}

Sweep read_sweep(const Values& values) {
    Sweep sweep;
    sweep.experiment = load_experiment(values.list("EXPERIMENT").front());
    sweep.scale_name = values.choice("scale", {"reduced", "paper"});
    sweep.directory =
        values.text("out", fmt::format("runs/{}-{}", sweep.experiment.name, sweep.scale_name));
    sweep.points = points_of(sweep.scale());
    // A fault in the last run should not show after hours.
    for (const ExperimentPoint& point : sweep.points) {
        sweep.networks.push_back(network_of(point));
        sweep.registers.push_back(registers_of(sweep.networks.back()));
    }
    for (size_t i = 0; i < sweep.points.size(); ++i) {
        const ExperimentPoint& point = sweep.points[i];
        sweep.settings.push_back({fingerprint(sweep.networks[i]), {}, point.evaluate_every});
        if (point.shuffled) {
            require_same_layers(sweep, i, *point.shuffled);
            sweep.settings.back().shuffled = run_name(sweep.points[*point.shuffled]);
        }
        sweep.results.push_back(
            load_result(sweep.directory / run_name(point), sweep.settings.back()));
    }
    return sweep;
}

/// Which runs are to be trained: those that `only` selects, and what they start from.
std::vector<bool> wanted_runs(const Sweep& sweep, const std::vector<Override>& only) {
    std::vector<bool> wanted(sweep.points.size(), false);
    for (size_t i = 0; i < sweep.points.size(); ++i) {
        if (!selected(sweep.points[i], only)) continue;
        std::optional<size_t> run = i;
        while (run && !sweep.results[*run]) {
            wanted[*run] = true;
            run = sweep.points[*run].shuffled;
        }
    }
    return wanted;
}

/// The runs to be trained, and their data in `data`.
std::vector<SweepRun> unfinished_runs(const Sweep& sweep, const std::vector<Override>& only,
                                      std::map<std::string, Dataset>& data) {
    std::vector<SweepRun> runs;
    const std::vector<bool> wanted = wanted_runs(sweep, only);
    for (size_t i = 0; i < sweep.points.size(); ++i) {
        const ExperimentPoint& point = sweep.points[i];
        if (!wanted[i]) continue;
        const NetworkSpec& network = sweep.networks[i];
        auto found = data.find(point.data);
        if (found == data.end())
            found =
                data.emplace(point.data,
                             load_data(point.data, {network.input.size, network.outputs(), {}, {}}))
                    .first;
        runs.push_back({i, &point, &network, &found->second, sweep.directory / run_name(point),
                        sweep.settings[i]});
    }
    return runs;
}

void write_table(const Sweep& sweep) {
    const CsvTable table =
        results_table(sweep.scale(), sweep.points, sweep.registers, sweep.results);
    write_file(sweep.directory / "sweep.csv", std::string_view(to_csv(table)));
}

/// Trains what is not there yet. Returns how many runs failed.
int train_unfinished(Sweep& sweep, const std::vector<SweepRun>& runs, SweepOptions options,
                     Progress& progress) {
    const Stopwatch watch;
    size_t ended = 0;
    int failed = 0;
    options.on_step = [&](const SweepRun& run, const EpochReport& latest, int64_t step,
                          int64_t steps) {
        if (!progress.due()) return;
        progress.show(fmt::format(
            "run {}/{}  {}  step {}/{}{}", ended + 1, runs.size(), run_name(*run.point), step,
            steps,
            latest.epoch == 0
                ? ""
                : fmt::format("  epoch {}  loss {:.4f}", latest.epoch, latest.train_loss)));
    };
    options.on_result = [&](const SweepRun& run, const PointResult& result) {
        sweep.results[run.index] = result;
        write_table(sweep);
        ++ended;
        const double left =
            watch.seconds() / static_cast<double>(ended) * static_cast<double>(runs.size() - ended);
        const auto accuracy = result.accuracy_final ? result.accuracy_final : result.accuracy_best;
        progress.note(fmt::format("run {}/{}  {}  {}  {}  {} left", ended, runs.size(),
                                  run_name(*run.point), percent(accuracy.value_or(0.0)),
                                  duration(result.seconds), duration(left)));
    };
    options.on_failure = [&](const SweepRun& run, const std::string& problem) {
        ++ended;
        ++failed;
        progress.note(fmt::format("run {}/{}  {}  failed: {}", ended, runs.size(),
                                  run_name(*run.point), problem));
    };
    train_runs(runs, options);
    progress.clear();
    return failed;
}

struct Spread {
    double mean = 0.0, min = 0.0, max = 0.0;
    int count = 0;
};

/// Over the finished runs of one name, from `first` on.
template <class Member>
Spread spread_of(const Sweep& sweep, const std::string& name, Member member) {
    Spread spread;
    for (size_t i = 0; i < sweep.points.size(); ++i) {
        if (sweep.points[i].name != name || !sweep.results[i]) continue;
        const std::optional<double> value = member(*sweep.results[i]);
        if (!value) continue;
        spread.min = spread.count == 0 ? *value : std::min(spread.min, *value);
        spread.max = spread.count == 0 ? *value : std::max(spread.max, *value);
        spread.mean += (*value - spread.mean) / ++spread.count;
    }
    return spread;
}

std::vector<std::string> names_of(const Sweep& sweep) {
    std::vector<std::string> names;
    for (const ExperimentPoint& point : sweep.points)
        if (names.empty() || names.back() != point.name) names.push_back(point.name);
    return names;
}

const auto FINAL = [](const PointResult& result) { return result.accuracy_final; };
const auto BEST = [](const PointResult& result) { return result.accuracy_best; };
const auto RATE = [](const PointResult& result) {
    return std::optional<double>(result.images_per_second);
};
const auto SECONDS = [](const PointResult& result) {
    return std::optional<double>(result.seconds);
};
const auto WIRING = [](const PointResult& result) { return result.wiring_bits_per_weight; };

/// Of the runs of one name.
const Registers& registers_named(const Sweep& sweep, const std::string& name) {
    const auto point = std::ranges::find(sweep.points, name, &ExperimentPoint::name);
    return sweep.registers[static_cast<size_t>(point - sweep.points.begin())];
}

/// Whether some network of the sweep fits a chip: then it says what a configuration costs.
bool shows_costs(const Sweep& sweep) {
    return std::ranges::any_of(sweep.registers, [](const Registers& one) { return !!one.bits; });
}

std::string mean_text(const Spread& spread) {
    return spread.count == 0 ? "-" : fmt::format("{:.2f}", 100.0 * spread.mean);
}

std::string range_text(const Spread& spread) {
    return spread.count < 2 ? "-"
                            : fmt::format("{:.2f}..{:.2f}", 100.0 * spread.min, 100.0 * spread.max);
}

/// Under the table: why some rows have no registers.
std::string notes_on_registers(const Sweep& sweep) {
    if (!shows_costs(sweep)) return {};
    std::map<std::string, std::vector<std::string>> names_by_obstacle;
    for (const std::string& name : names_of(sweep))
        if (const Registers& registers = registers_named(sweep, name); !registers.bits)
            names_by_obstacle[registers.obstacle].push_back(name);
    std::string text = "  bits/weight: of the wiring, log2 of the number of distinct ones\n";
    for (const auto& [obstacle, names] : names_by_obstacle)
        text += fmt::format("  no registers: {} ({})\n", fmt::join(names, ", "), obstacle);
    return text;
}

std::string summary(const Sweep& sweep) {
    const bool costs = shows_costs(sweep);
    std::vector<std::string> header = {"run", "seeds", "final %", "range", "best %", "range"};
    if (costs) header.insert(header.end(), {"bits/weight", "register bits"});
    header.insert(header.end(), {"seconds", "images/s"});
    Table table(header);
    for (const std::string& name : names_of(sweep)) {
        const Spread final = spread_of(sweep, name, FINAL), best = spread_of(sweep, name, BEST);
        const Spread rate = spread_of(sweep, name, RATE), seconds = spread_of(sweep, name, SECONDS);
        std::vector<std::string> row = {name,
                                        std::to_string(rate.count),
                                        mean_text(final),
                                        range_text(final),
                                        mean_text(best),
                                        range_text(best)};
        if (costs) {
            const Spread wiring = spread_of(sweep, name, WIRING);
            const Registers& registers = registers_named(sweep, name);
            row.push_back(wiring.count == 0 ? "-" : fmt::format("{:.2f}", wiring.mean));
            row.push_back(registers.bits ? grouped(static_cast<int64_t>(*registers.bits)) : "-");
        }
        row.push_back(rate.count == 0 ? "-" : fmt::format("{:.1f}", seconds.mean));
        row.push_back(rate.count == 0 ? "-" : grouped(static_cast<int64_t>(rate.mean)));
        table.add(std::move(row));
    }
    return table.text() + notes_on_registers(sweep);
}

nlohmann::ordered_json spread_json(const Spread& spread) {
    if (spread.count == 0) return nullptr;
    return {{"mean", spread.mean}, {"min", spread.min}, {"max", spread.max}};
}

void print_json(const Sweep& sweep) {
    using Json = nlohmann::ordered_json;
    Json points = Json::array(), claims = Json::array();
    for (const std::string& name : names_of(sweep)) {
        const Spread wiring = spread_of(sweep, name, WIRING);
        const Registers& registers = registers_named(sweep, name);
        points.push_back(
            {{"point", name},
             {"seeds", spread_of(sweep, name, RATE).count},
             {"accuracy_final", spread_json(spread_of(sweep, name, FINAL))},
             {"accuracy_best", spread_json(spread_of(sweep, name, BEST))},
             {"wiring_bits_per_weight", wiring.count == 0 ? Json() : Json(wiring.mean)},
             {"register_bits", registers.bits ? Json(*registers.bits) : Json()},
             {"images_per_second", spread_of(sweep, name, RATE).mean}});
    }
    for (const ExperimentClaim& claim : sweep.experiment.claims) {
        const Verdict verdict = judge(claim, sweep.points, sweep.results);
        claims.push_back(
            {{"text", claim.text},
             {"confirmed", verdict.confirmed ? Json(*verdict.confirmed) : Json(nullptr)},
             {"numbers", verdict.numbers}});
    }
    const Json json = {{"experiment", sweep.experiment.name},
                       {"scale", sweep.scale_name},
                       {"protocol", sweep.scale().protocol},
                       {"points", points},
                       {"claims", claims},
                       {"table", (sweep.directory / "sweep.csv").string()}};
    fmt::print("{}\n", json.dump(2));
}

void print_report(const Sweep& sweep) {
    const ExperimentScale& scale = sweep.scale();
    fmt::print("{} ({}), scale {}: {}\n{}\n\n{}\n", sweep.experiment.name, sweep.experiment.figure,
               sweep.scale_name, sweep.experiment.about, scale.about, summary(sweep));
    fmt::print("claimed beforehand\n");
    for (const ExperimentClaim& claim : sweep.experiment.claims) {
        const Verdict verdict = judge(claim, sweep.points, sweep.results);
        fmt::print("  {:<13}  {}\n  {:<13}  {}\n", verdict.word(), claim.text, "", verdict.numbers);
    }
    fmt::print("\ntable {}\n", (sweep.directory / "sweep.csv").string());
}

}  // namespace

int sweep_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;

    SweepOptions options;
    options.jobs = static_cast<int>(values.integer("jobs", 1, 1024));
    Sweep sweep = read_sweep(values);
    const std::vector<Override> only = read_only(values, sweep);
    std::map<std::string, Dataset> data;
    const std::vector<SweepRun> runs = unfinished_runs(sweep, only, data);
    const bool known = fs::exists(sweep.directory / "experiment.yaml");
    make_output_directory(sweep.directory, known);
    write_file(sweep.directory / "experiment.yaml",
               std::string_view(experiment_text(values.list("EXPERIMENT").front())));
    write_table(sweep);

    Progress progress(values.flag("quiet"));
    const auto finished = std::count_if(sweep.results.begin(), sweep.results.end(),
                                        [](const auto& result) { return result.has_value(); });
    progress.note(fmt::format("{}, scale {}: {} runs, {} finished, {} to train",
                              sweep.experiment.name, sweep.scale_name, sweep.points.size(),
                              finished, runs.size()));
    options.protocol = protocol_of(sweep.scale().protocol);
    options.command_line = fmt::format("permloom sweep {}", fmt::join(arguments, " "));
    options.stop = &stop_on_signals();
    const int failed = train_unfinished(sweep, runs, options, progress);
    if (*options.stop)
        throw Error(sweep.directory.string(), "stopped; everything is saved",
                    "go on with the same command");

    if (values.flag("json"))
        print_json(sweep);
    else
        print_report(sweep);
    if (failed > 0)
        throw Error(sweep.directory.string(),
                    fmt::format("{} of {} runs failed", failed, runs.size()),
                    "the same command tries them again");
    return OK;
}

}  // namespace permloom::cli
