/// permloom simulate: a configuration on the reference, the SystemC model, the RTL, or the last two
/// in lockstep; then, on request, another configuration in the same running chip.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "compiler/program/expand.h"
#include "compiler/program/load_stream.h"
#include "compiler/program/patch.h"
#include "sim/reference/reference.h"
#include "tools/permloom/behavioural_run.h"
#include "tools/permloom/chip_under_test.h"
#include "tools/permloom/command.h"
#include "tools/permloom/console.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/integer_run.h"
#include "tools/permloom/options.h"
#include "tools/permloom/physical_run.h"
#include "tools/permloom/physical_task.h"

namespace permloom::cli {
namespace {

Options options() {
    Options options =
        Options("simulate", "FILE.plc [--data D] [--dut M | --lockstep] [options]",
                "Loads a configuration into a chip, sends it images and checks every result.\n"
                "  --dut reference  integer inference without cycles\n"
                "  --dut systemc    the cycle-accurate SystemC model\n"
                "  --dut rtl        the Verilog, built by Verilator at first use and cached\n"
                "  --dut physical   devices that spread, switches that leak: many chips drawn at "
                "random,\n"
                "                   or one fabricated copy (--devices)\n"
                "  --dut physical-systemc\n"
                "                   one copy, drawn or given, of a chip of engine folded, cycle by "
                "cycle\n"
                "  --lockstep       SystemC and RTL side by side, every pin compared in every "
                "cycle\n"
                "Cycle-accurate runs are compared with the reference at every layer; identity and "
                "counters are\n"
                "read over the control port. With --then a second configuration goes into the "
                "running chip\n"
                "while images stream; nothing is rebuilt.\n"
                "Exit status 1 when anything differs.",
                "permloom simulate digits.plc --dut systemc\n"
                "permloom simulate digits.plc --lockstep --gaps 0.2 --seed 7\n"
                "permloom simulate digits.plc --then odd.plc --lockstep\n"
                "permloom simulate digits.plc --then better.plc --patch\n"
                "permloom simulate digits.plc --dut physical --device resistor-array --trials 20\n"
                "permloom simulate digits.plc --dut physical-systemc --device rom-rram\n"
                "permloom simulate digits.plc --dut rtl --count 4 --trace wave.fst")
            .argument("FILE.plc", "a configuration")
            .value("data", "D",
                   "data set, its test images are used; default: the one it was trained on")
            .value("chip", "FILE.chip",
                   "default: FILE.chip beside FILE.plc, or the chip in its directory that "
                   "FILE.plc was made for")
            .value("dut", "M", "reference, systemc, rtl, physical or physical-systemc", "systemc")
            .flag("lockstep", "systemc and rtl together")
            .value("then", "OTHER.plc", "load this second configuration into the running chip")
            .flag("patch", "of --then, load the rows that differ alone")
            .value("then-data", "D", "data set of --then; default: the one it was trained on")
            .value("count", "N", "the first N test images; default: all")
            .value("seed", "S", "seed of the host's behaviour, or of the chips drawn", "1")
            .value("gaps", "P", "chance per cycle that a stream pauses or an answer is not taken",
                   "0")
            .value("trace", "F", "waveform file, .vcd or .fst (--lockstep: of the RTL)")
            .value("threads", "N", "of --dut reference and physical; 0: one per core", "0")
            .flag("quiet", "no progress")
            .flag("json", "print the result as JSON")
            .exclusive("dut", "lockstep");
    add_physical_options(options);
    return options;
}

/// A configuration with the images it is to classify.
struct Task {
    Program program;
    Dataset data;
    std::vector<std::vector<uint16_t>> codes;
};

struct Outcome {
    int64_t images = 0, correct = 0, mismatches = 0, wrong_images = 0, cycles = 0;
    double cycles_per_inference = 0.0, seconds = 0.0;
    double accuracy() const { return static_cast<double>(correct) / static_cast<double>(images); }
    double images_per_second() const {
        return static_cast<double>(images) / std::max(seconds, 1e-9);
    }
};

Task make_task(Program program, const std::string& data_name, const Values& values) {
    Task task{std::move(program), {}, {}};
    const Configuration& configuration = task.program.configuration;
    task.data = load_data(data_name, needs_of(task.program));
    const int all = task.data.test.count;
    const int count =
        values.has("count") ? static_cast<int>(values.integer("count", 1, INT32_MAX)) : all;
    task.codes = codes_of(task.data.test, std::min(count, all), configuration.input);
    return task;
}

/// The second configuration runs on the first one's chip.
Program second_program(const std::string& path, const Program& first) {
    Program second{path, first.chip_path, load_configuration(path), first.chip};
    require_match(second.chip, second.configuration, path);
    return second;
}

/// What the chip itself says over its control port, since its reset.
struct ChipCounts {
    uint32_t images = 0, results = 0, dropped = 0;
    uint64_t cycles = 0;
};

/// Everything that one call found out.
struct Report {
    std::string dut;
    std::vector<std::string> checks;
    Outcome first;
    std::optional<Outcome> second;
    uint64_t reload_words = 0;
    std::optional<uint64_t> full_words;  ///< of the full load that a patch stands for
    std::optional<ChipCounts> counted;   ///< of clocked runs
    std::string first_difference;        ///< empty: none
};

Outcome run_reference(const Task& task, ThreadPool& pool) {
    const Stopwatch watch;
    Outcome outcome;
    outcome.images = static_cast<int64_t>(task.codes.size());
    outcome.correct =
        count_correct(task.data.test, reference_labels(task.program, task.codes, pool));
    outcome.seconds = watch.seconds();
    return outcome;
}

Report simulate_untimed(const Task& task, const std::optional<Task>& then, const Values& values) {
    if (values.has("trace"))
        throw Error("--trace", "the reference has no cycles to trace",
                    "add --dut systemc or --dut rtl", ErrorKind::usage);
    if (values.flag("patch"))
        throw Error("--patch", "the reference loads nothing", "add --dut systemc or --dut rtl",
                    ErrorKind::usage);
    ThreadPool pool(static_cast<int>(values.integer("threads", 0, 1024)));
    Report report;
    report.dut = "reference";
    report.first = run_reference(task, pool);
    if (then) report.second = run_reference(*then, pool);
    return report;
}

Outcome outcome_of(const Task& task, const BenchReport& report, double seconds) {
    std::vector<int> labels;
    for (const Result& result : report.results)
        labels.push_back(result.label);
    Outcome outcome;
    outcome.images = static_cast<int64_t>(report.images);
    outcome.correct = count_correct(task.data.test, labels);
    outcome.mismatches = static_cast<int64_t>(report.mismatches);
    outcome.wrong_images = static_cast<int64_t>(report.wrong_images);
    outcome.cycles = static_cast<int64_t>(report.cycles);
    outcome.cycles_per_inference = report.cycles_per_inference;
    outcome.seconds = seconds;
    return outcome;
}

/// A configuration made ready for the port of a chip, with what the chip must then compute.
struct PreparedLoad {
    PreparedLoad(const Program& program, int into)
        : context(into),
          stream(expand(program.chip, program.configuration, into)),
          reference(make_reference(program.chip, program.configuration)),
          name(program.path.string()) {}

    Load load() const { return {stream.words, reference.get()}; }
    /// The rows that differ from a load that the same context holds.
    void become_patch_of(const PreparedLoad& held) {
        stream.words = make_patch(held.stream, stream, held.stream.words.back()).words;
    }

    int context;
    LoadStream stream;
    std::unique_ptr<Model> reference;
    std::string name;
};

/// Throws Error when the chip is another one.
void check_identity(Bench& bench, const Chip& chip) {
    namespace reg = ControlRegister;
    const uint64_t name = bench.read_register(reg::fingerprint_low) |
                          static_cast<uint64_t>(bench.read_register(reg::fingerprint_high)) << 32;
    if (bench.read_register(reg::identity) != LOAD_MAGIC || name != low_word(fingerprint(chip)))
        throw Error("control port", "the chip under test does not name itself as this chip");
}

ChipCounts chip_counts(Bench& bench) {
    namespace reg = ControlRegister;
    ChipCounts counts;
    counts.images = bench.read_register(reg::images);
    counts.results = bench.read_register(reg::results);
    counts.dropped = bench.read_register(reg::dropped);
    counts.cycles = bench.read_register(reg::cycles_low);
    counts.cycles |= static_cast<uint64_t>(bench.read_register(reg::cycles_high)) << 32;
    return counts;
}

/// With `then`: the second configuration enters the other context while the first one's images
/// stream, is selected, and runs its own. A chip with one context is loaded in between.
Report simulate_clocked(const Task& task, const std::optional<Task>& then, const Values& values) {
    const Chip& chip = task.program.chip;
    const bool lockstep = values.flag("lockstep");
    const std::string dut = values.text("dut");
    Stimulus stimulus;
    stimulus.seed = static_cast<uint64_t>(values.integer("seed", 0, INT64_MAX));
    stimulus.pixel_gap = stimulus.result_stall = stimulus.load_gap = stimulus.control_gap =
        values.real("gaps", 0.0, 0.99);
    const PreparedLoad first(task.program, 0);
    Progress progress(values.flag("quiet"));
    ChipUnderTest device(chip,
                         {.systemc = lockstep || dut == "systemc", .rtl = lockstep || dut == "rtl"},
                         values.text("trace"), stimulus, progress);

    Report report;
    report.dut = lockstep ? "systemc+rtl" : dut;
    report.checks = {"every layer value, logit and class against the reference"};
    if (lockstep)
        report.checks.push_back(
            "every output pin and layer probe of systemc against rtl in every cycle");
    const auto run = [&](const Task& which, const std::optional<Reload>& reload = {},
                         const std::string& name = {}) {
        const Stopwatch watch;
        const BenchReport result = device.run(which.codes, reload, name);
        return outcome_of(which, result, watch.seconds());
    };

    check_identity(device.bench(), chip);
    device.load(first.load(), first.name, first.context);
    if (!then) {
        report.first = run(task);
    } else {
        PreparedLoad second(then->program, chip.contexts > 1 ? 1 : 0);
        // A patch changes what is there: the second context gets a copy of the first one.
        const PreparedLoad copy(task.program, second.context);
        if (values.flag("patch")) {
            if (second.context != first.context) {
                device.load(copy.load(), copy.name, copy.context);
                device.bench().select(first.context);
            }
            report.full_words = second.stream.words.size();
            second.become_patch_of(copy);
        }
        if (second.context != first.context) {
            report.first =
                run(task, Reload{.load = second.load(), .after = 1, .select = -1}, second.name);
            device.bench().select(second.context);
        } else {
            report.first = run(task);
            device.load(second.load(), second.name, second.context);
        }
        report.second = run(*then);
        report.reload_words = second.stream.words.size();
    }
    report.counted = chip_counts(device.bench());
    if (const auto& difference = device.bench().first_difference())
        report.first_difference = difference->describe();
    return report;
}

nlohmann::ordered_json to_json(const Task& task, const Outcome& outcome) {
    return {
        {"images", outcome.images},
        {"accuracy", outcome.accuracy()},
        {"mismatches", outcome.mismatches},
        {"wrong_images", outcome.wrong_images},
        {"cycles_per_inference", outcome.cycles_per_inference},
        {"cycles", outcome.cycles},
        {"images_per_second", outcome.images_per_second()},
        {"configuration", task.program.path.string()},
        {"network", task.program.configuration.network},
        {"dataset", task.data.name},
    };
}

void print_json(const Report& report, const Task& task, const std::optional<Task>& then) {
    nlohmann::ordered_json json = {{"dut", report.dut}};
    json.update(to_json(task, report.first));
    json["chip"] = to_hex(fingerprint(task.program.chip));
    json["checks"] = report.checks;
    if (report.counted)
        json["chip_counts"] = {{"images", report.counted->images},
                               {"results", report.counted->results},
                               {"dropped", report.counted->dropped},
                               {"cycles", report.counted->cycles}};
    if (report.second) {
        json["then"] = to_json(*then, *report.second);
        if (report.dut != "reference") json["then"]["load_words"] = report.reload_words;
        if (report.full_words) json["then"]["full_load_words"] = *report.full_words;
    }
    if (!report.first_difference.empty()) json["first_difference"] = report.first_difference;
    fmt::print("{}\n", json.dump(2));
}

void print_outcome(const Outcome& outcome, const Task& task, bool clocked) {
    fmt::print("{}\n", task.program.path.string());
    fmt::print("  accuracy              {} ({} of {} test images of {})\n",
               percent(outcome.accuracy()), grouped(outcome.correct), grouped(outcome.images),
               task.data.name);
    if (clocked) {
        fmt::print("  mismatches            {} / {} images\n", outcome.wrong_images,
                   grouped(outcome.images));
        if (outcome.mismatches > 0)
            fmt::print("  differing values      {}\n", grouped(outcome.mismatches));
        if (outcome.images > 1)  // the distance between results; one image has none
            fmt::print("  cycles per inference  {:.1f}\n", outcome.cycles_per_inference);
        fmt::print("  cycles                {}\n", grouped(outcome.cycles));
    }
    fmt::print("  images/s              {}\n",
               grouped(static_cast<int64_t>(outcome.images_per_second())));
}

void print_text(const Report& report, const Task& task, const std::optional<Task>& then) {
    const Chip& chip = task.program.chip;
    const bool clocked = report.dut != "reference";
    fmt::print("chip {} ({}), {}\n\n", to_hex(fingerprint(chip), 16), shape_text(chip), report.dut);
    print_outcome(report.first, task, clocked);
    if (report.second) {
        if (clocked)
            fmt::print("\nloaded into the running chip ({} words{}, {}):\n",
                       grouped(static_cast<int64_t>(report.reload_words)),
                       report.full_words
                           ? fmt::format(" of a patch instead of {}",
                                         grouped(static_cast<int64_t>(*report.full_words)))
                           : "",
                       chip.contexts > 1 ? "context 1, while images streamed" : "the only context");
        print_outcome(*report.second, *then, clocked);
    }
    if (report.counted)
        fmt::print(
            "\nthe chip's own count: {} images, {} results, {} dropped, {} cycles since reset\n",
            grouped(report.counted->images), grouped(report.counted->results),
            grouped(report.counted->dropped),
            grouped(static_cast<int64_t>(report.counted->cycles)));
    for (const std::string& check : report.checks)
        fmt::print("checked: {}\n", check);
}

}  // namespace

int simulate_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    const std::string dut =
        values.choice("dut", {"reference", "systemc", "rtl", "physical", "physical-systemc"});
    if (!values.flag("lockstep")) {
        if (dut == "physical") return run_physical(values);
        if (dut == "physical-systemc") return run_behavioural(values);
    }
    refuse_physical_options(values);
    const std::string trace = values.text("trace");
    if (!trace.empty() && !trace.ends_with(".vcd") && !trace.ends_with(".fst"))
        throw Error("--trace", "'" + trace + "' ends in neither .vcd nor .fst",
                    "the suffix chooses the format", ErrorKind::usage);
    if (values.has("then-data") && !values.has("then"))
        throw Error("--then-data", "needs --then", {}, ErrorKind::usage);
    if (values.flag("patch") && !values.has("then"))
        throw Error("--patch", "needs --then", {}, ErrorKind::usage);

    const Task task = make_task(load_program(values.list("FILE.plc").front(), values.text("chip")),
                                values.text("data"), values);
    std::optional<Task> then;
    if (values.has("then"))
        then = make_task(second_program(values.text("then"), task.program),
                         values.text("then-data"), values);
    const Report report = dut == "reference" && !values.flag("lockstep")
                              ? simulate_untimed(task, then, values)
                              : simulate_clocked(task, then, values);
    if (values.flag("json"))
        print_json(report, task, then);
    else
        print_text(report, task, then);
    if (!report.first_difference.empty())
        throw Error(task.program.path.string(), report.first_difference);
    return OK;
}

}  // namespace permloom::cli
