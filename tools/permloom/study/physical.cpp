/// permloom study STUDY.yaml: accuracy over one property of the devices, as a table, a CSV and a
/// picture.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "compiler/base/file.h"
#include "compiler/spec/library.h"
#include "sim/physical/monte_carlo.h"
#include "tools/permloom/console.h"
#include "tools/permloom/csv.h"
#include "tools/permloom/options.h"
#include "tools/permloom/plot/chart.h"
#include "tools/permloom/stop_signals.h"
#include "tools/permloom/study/fabricated.h"
#include "tools/permloom/study/verbs.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

const std::vector<std::string> COLUMNS = {"banks", "circuit", "x", "curve", "chip", "accuracy"};

const std::map<std::string, std::string> BANK_WORDS = {
    {"neuron", "every neuron has a bank of its own"},
    {"layer", "all neurons of a layer share one bank"},
    {"engine", "banks as the engine is built"}};

Options options() {
    return Options(
               "study", "STUDY [--out DIR] [options]",
               "Measures one trained network on many fabricated copies of its chip, over one "
               "property of\n"
               "their devices: as built, re-ranked, trained for another epoch. STUDY is a "
               "description\n"
               "(.yaml), or the name of one in models/studies. Writes DIR/study.csv (a line for "
               "each copy\n"
               "and treatment), DIR/study.svg and DIR/summary.json. Ctrl-C keeps what is "
               "measured; --resume\n"
               "goes on.",
               "permloom study spread-2bit\n"
               "permloom study my-device.yaml --chips 3 --images 1000 --out try")
        .argument("STUDY", "a description, or a name in models/studies")
        .value("out", "DIR", "default: studies/NAME")
        .value("chips", "N", "copies at each point; default: the study's own")
        .value("images", "N", "the first N test images; 0: all; default: the study's own")
        .value("threads", "N", "0: one per core; the result does not depend on it", "0")
        .flag("resume", "go on with the study in DIR")
        .flag("force", "write into an existing DIR")
        .flag("quiet", "no progress")
        .flag("json", "print the summary as JSON")
        .exclusive("resume", "force");
}

std::vector<StudyResult> read_results(const fs::path& path) {
    std::vector<StudyResult> results;
    if (!fs::exists(path)) return results;
    const CsvTable table = read_csv(path);
    std::vector<size_t> at;
    for (const std::string& name : COLUMNS)
        at.push_back(table.column(name, path.string()));
    for (const auto& row : table.rows)
        results.push_back({row[at[0]], row[at[1]], row[at[2]], row[at[3]], std::stoi(row[at[4]]),
                           std::stod(row[at[5]])});
    return results;
}

void write_results(const std::vector<StudyResult>& results, const fs::path& path) {
    CsvTable table{COLUMNS, {}};
    for (const StudyResult& one : results)
        table.rows.push_back({one.banks, one.circuit, one.x, one.curve, std::to_string(one.chip),
                              fmt::format("{}", one.accuracy)});
    write_file(path, to_csv(table));
}

/// What a line of the picture is of.
std::string label_of(const StudySpec& study, const std::string& banks, const std::string& circuit,
                     const std::string& curve) {
    static const std::map<std::string, std::string> WORDS = {
        {"as_built", "as built"}, {"ranked", "re-ranked"}, {"calibrated", "and calibrated"},
        {"refined", "refined"},   {"epochs_1", "1 epoch"}, {"epochs_3", "3 epochs"}};
    std::vector<std::string> parts;
    if (study.curves.size() > 1) parts.push_back(WORDS.at(curve));
    if (study.banks.size() > 1)
        parts.push_back(banks == "layer" ? "one bank a layer" : "a bank each");
    if (study.circuits.size() > 1) parts.push_back(circuit);
    if (parts.empty()) parts.push_back(WORDS.at(curve));
    return fmt::format("{}", fmt::join(parts, ", "));
}

struct Line {
    std::string banks, circuit, curve;
    std::vector<std::pair<std::string, Distribution>> points;  ///< by x
};

std::vector<Line> lines_of(const StudySpec& study, const std::vector<StudyResult>& results) {
    std::vector<Line> lines;
    for (const std::string& banks : study.banks)
        for (const std::string& circuit : study.circuits)
            for (const StudyCurve curve : study.curves) {
                Line line{banks, circuit, std::string(to_string(curve)), {}};
                for (const std::string& x : study.x) {
                    std::vector<double> values;
                    for (const StudyResult& one : results)
                        if (one.banks == banks && one.circuit == circuit && one.x == x &&
                            one.curve == line.curve)
                            values.push_back(one.accuracy);
                    if (!values.empty()) line.points.emplace_back(x, distribution_of(values));
                }
                lines.push_back(std::move(line));
            }
    return lines;
}

std::string picture(const StudySpec& study, const std::vector<Line>& lines, double control) {
    std::map<std::string, Panel> panels;  // one for each kind of bank
    for (const Line& line : lines) {
        Panel& panel = panels[line.banks];
        if (study.banks.size() > 1) panel.title = BANK_WORDS.at(line.banks);
        panel.x_label = study.x_label;
        panel.y_label = "accuracy, %";
        StudySpec alone = study;
        alone.banks = {line.banks};
        Series series;
        series.label = label_of(alone, line.banks, line.circuit, line.curve);
        series.markers = true;
        for (const auto& [x, accuracy] : line.points) {
            if (x == ".inf") continue;
            series.x.push_back(std::stod(x));
            series.y.push_back(100.0 * accuracy.mean);
            series.low.push_back(100.0 * (accuracy.mean - accuracy.deviation));
            series.high.push_back(100.0 * (accuracy.mean + accuracy.deviation));
        }
        if (!series.x.empty()) panel.series.push_back(std::move(series));
    }
    Chart chart{study.about, "lines: mean of the chips; bands: one deviation to either side", {}};
    for (auto& [banks, panel] : panels) {
        double least = std::numeric_limits<double>::infinity(), most = 0.0;
        for (const Series& one : panel.series) {
            least = std::min(least, std::ranges::min(one.x));
            most = std::max(most, std::ranges::max(one.x));
        }
        constexpr double LOG_RATIO = 50.0;
        panel.log_x = least > 0.0 && most / least >= LOG_RATIO;
        Series series;
        series.label = "the chip's own devices";
        series.y = {100.0 * control};
        series.across = series.dashed = true;
        panel.series.push_back(std::move(series));
        chart.panels.push_back(std::move(panel));
    }
    return draw(chart);
}

nlohmann::ordered_json summary_of(const StudySpec& study, const std::vector<Line>& lines,
                                  const StudyControls& controls, int chips) {
    nlohmann::ordered_json json = {{"study", study.name}, {"network", study.network},
                                   {"data", study.data},  {"seed", study.seed},
                                   {"chips", chips},      {"control", controls.integer}};
    if (controls.epochs_1 >= 0.0) json["control_epochs_1"] = controls.epochs_1;
    if (controls.epochs_3 >= 0.0) json["control_epochs_3"] = controls.epochs_3;
    json["points"] = nlohmann::ordered_json::array();
    for (const Line& line : lines)
        for (const auto& [x, accuracy] : line.points)
            json["points"].push_back({{"banks", line.banks},
                                      {"circuit", line.circuit},
                                      {"x", x},
                                      {"curve", line.curve},
                                      {"accuracy", accuracy.mean},
                                      {"deviation", accuracy.deviation}});
    return json;
}

/// A table for each kind of bank, so that it fits a screen.
void print_summary(const StudySpec& study, const std::vector<Line>& lines,
                   const StudyControls& controls, int chips) {
    fmt::print("{}: {}, accuracy in %, {} chips a point\n", study.name, study.about, chips);
    for (const std::string& banks : study.banks) {
        StudySpec alone = study;
        alone.banks = {banks};
        std::vector<std::string> header = {study.x_label};
        for (const Line& line : lines)
            if (line.banks == banks)
                header.push_back(label_of(alone, line.banks, line.circuit, line.curve));
        Table table(header);
        for (const std::string& x : study.x) {
            std::vector<std::string> row = {x};
            for (const Line& line : lines) {
                if (line.banks != banks) continue;
                const auto found =
                    std::ranges::find(line.points, x, &std::pair<std::string, Distribution>::first);
                row.push_back(found == line.points.end()
                                  ? "-"
                                  : fmt::format("{:.2f} ± {:.2f}", 100.0 * found->second.mean,
                                                100.0 * found->second.deviation));
            }
            table.add(row);
        }
        if (study.banks.size() > 1) fmt::print("\n{}:\n", BANK_WORDS.at(banks));
        fmt::print("\n{}", table.text());
    }
    fmt::print("\n");
    fmt::print("the chip's own devices {}", percent(controls.integer));
    if (controls.epochs_1 >= 0.0) fmt::print(", after 1 more epoch {}", percent(controls.epochs_1));
    if (controls.epochs_3 >= 0.0) fmt::print(", after 3 {}", percent(controls.epochs_3));
    fmt::print("\n");
}

}  // namespace

int study_physical_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    StudySpec study = load_study(values.list("STUDY").front());
    if (values.has("chips")) study.chips = static_cast<int>(values.integer("chips", 1, 1'000'000));
    if (values.has("images"))
        study.images = static_cast<int>(values.integer("images", 0, INT32_MAX));
    for (const std::string& x : study.x)  // every point, before hours are spent on the first
        load_device_model(study.device, [&] {
            std::vector<Override> all = study.device_settings;
            all.push_back({study.x_key, x});
            return all;
        }());
    const fs::path out = values.text("out", "studies/" + study.name);
    if (!values.flag("resume")) make_output_directory(out, values.flag("force"));
    if (!fs::is_directory(out))
        throw Error(out.string(), "there is no such study to resume", "start it without --resume");

    const size_t all = study.banks.size() * study.circuits.size() * study.x.size() *
                       study.curves.size() * static_cast<size_t>(study.chips);
    StudyRun run;
    run.directory = out;
    if (values.flag("resume")) run.known = read_results(out / "study.csv");
    std::vector<StudyResult> results = run.known;
    Progress progress(values.flag("quiet"));
    const Stopwatch watch;
    double written = 0.0;
    run.on_note = [&](const std::string& text) { progress.note(text); };
    run.on_result = [&](const StudyResult& result) {
        results.push_back(result);
        constexpr double WRITE_SECONDS = 10.0;
        if (watch.seconds() - written > WRITE_SECONDS) {
            written = watch.seconds();
            write_results(results, out / "study.csv");
        }
        if (progress.due())
            progress.show(progress_text(results.size() - run.known.size(), all - run.known.size(),
                                        "measurements", watch.seconds()));
    };
    const auto& stop = stop_on_signals();
    run.stopped = [&] { return stop.load(); };
    ThreadPool pool(static_cast<int>(values.integer("threads", 0, 1024)));
    const StudyControls controls = run_study(study, run, pool);
    progress.clear();
    write_results(results, out / "study.csv");
    if (stop)
        throw Error(out.string(),
                    fmt::format("stopped after {} of {} measurements", results.size(), all),
                    "go on with the same command and --resume");
    const std::vector<Line> lines = lines_of(study, results);
    write_file(out / "study.svg", picture(study, lines, controls.integer));
    const nlohmann::ordered_json summary = summary_of(study, lines, controls, study.chips);
    write_file(out / "summary.json", summary.dump(2) + "\n");
    if (values.flag("json"))
        fmt::print("{}\n", summary.dump(2));
    else
        print_summary(study, lines, controls, study.chips);
    return OK;
}

}  // namespace permloom::cli
