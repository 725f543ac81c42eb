/// permloom study adversarial: FGSM and PGD on float and integer networks.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "compiler/train/adversarial.h"
#include "tools/permloom/console.h"
#include "tools/permloom/inputs.h"
#include "tools/permloom/options.h"
#include "tools/permloom/stop_signals.h"
#include "tools/permloom/study/reload.h"
#include "tools/permloom/study/subject.h"
#include "tools/permloom/study/verbs.h"

namespace permloom::cli {
namespace {

using Json = nlohmann::ordered_json;

Options options() {
    return Options("study adversarial", "RUN... [--epsilon E,...] [--data D] [--reload] [options]",
                   "Accuracy on test images of which every pixel was moved by at most E (1: the "
                   "whole range\n"
                   "of pixel values) so that the network errs: by one step (FGSM) and by several "
                   "from a\n"
                   "random start (PGD). Gradients are those of the float network. The images are "
                   "bytes, and\n"
                   "the same images go to the integer network of runs that compile.",
                   "permloom study adversarial runs/digits-digits-s1 --epsilon 1/16,2/16\n"
                   "permloom study adversarial runs/laperm runs/latent runs/free --epsilon 0.1\n"
                   "permloom study adversarial runs/laperm --epsilon 8/255 --steps 20 --reload")
        .arguments("RUN", "a run directory, or a checkpoint (.safetensors)")
        .value("epsilon", "E[,E...]", "most that a pixel moves, 0 to 1, also as a fraction", "0.1")
        .value("steps", "N", "steps of PGD, of 2.5 E / N each", "10")
        .value("count", "N", "the first N test images; default: all")
        .value("data", "D", "data set; default: the one that the runs were trained on")
        .value("checkpoint", "WHICH", "last or best of a run directory", "last")
        .value("seed", "S", "seed of PGD's random starts", "1")
        .flag("reload",
              "train the first run's chip anew, twice, with the next seed: on the clean images "
              "(wiring B), and with images made against the run, by the largest E, mixed in (C)")
        .value("epochs", "N", "of that training; default: the network's own")
        .value("threads", "N", "0: one per core; the result does not depend on it", "0")
        .flag("quiet", "no progress")
        .flag("json", "print the result as JSON");
}

/// Not a number where `text` is none.
double number(std::string_view text) {
    double value = 0.0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    return code == std::errc{} && stop == end ? value : std::nan("");
}

/// 0.1 or 8/255.
double parse_epsilon(std::string_view text) {
    const size_t slash = text.find('/');
    const double below = slash == text.npos ? 1.0 : number(text.substr(slash + 1));
    const double epsilon = number(text.substr(0, slash)) / below;
    if (!(epsilon >= 0.0 && epsilon <= 1.0))
        throw Error("--epsilon", fmt::format("'{}' is not a number from 0 to 1", text),
                    "for example 0.1 or 8/255", ErrorKind::usage);
    return epsilon;
}

struct Epsilon {
    std::string text;  ///< as it was given
    PixelBound bound;
};

std::vector<Epsilon> read_epsilons(const std::string& list, int highest) {
    std::vector<Epsilon> epsilons;
    for (size_t at = 0; at <= list.size();) {
        const size_t comma = std::min(list.find(',', at), list.size());
        const std::string text = list.substr(at, comma - at);
        const double epsilon = parse_epsilon(text);
        // 8/255 of 255 is 8, whatever rounding does.
        const int radius = static_cast<int>(std::floor(epsilon * highest + 1e-6));
        if (radius == 0 && epsilon > 0.0)
            throw Error("--epsilon",
                        fmt::format("{} of pixel values 0..{} moves no pixel", text, highest),
                        fmt::format("the least is 1/{}", highest));
        epsilons.push_back({text, {radius, highest}});
        at = comma + 1;
    }
    return epsilons;
}

int highest_pixel(const Dataset& data) {
    const auto highest = [](const Images& images) {
        return *std::ranges::max_element(images.pixels);
    };
    return std::max({1, int{highest(data.train)}, int{highest(data.test)}});
}

/// The first `count` images.
Images first_images(Images images, int count) {
    images.count = std::min(count, images.count);
    images.pixels.resize(static_cast<size_t>(images.count) *
                         static_cast<size_t>(images.pixels_per_image()));
    images.labels.resize(static_cast<size_t>(images.count));
    return images;
}

/// A run at one epsilon.
struct Row {
    std::string run, network, algorithm;
    Epsilon epsilon;
    Accuracy clean, fgsm, pgd;
};

std::string text_of(const std::optional<double>& accuracy) {
    return accuracy ? percent(*accuracy) : "-";
}

void print_rows(const std::vector<Row>& rows) {
    Table table({"run", "network", "algorithm", "epsilon", "float", "FGSM", "PGD", "integer",
                 "FGSM", "PGD"});
    for (const Row& row : rows)
        table.add({row.run, row.network, row.algorithm, row.epsilon.text, percent(row.clean.real),
                   percent(row.fgsm.real), percent(row.pgd.real), text_of(row.clean.integer),
                   text_of(row.fgsm.integer), text_of(row.pgd.integer)});
    fmt::print("{}", table.text());
}

void print_reload(const std::vector<ReloadRow>& rows, const std::string& run) {
    Table table(
        {"wiring", "float", "against A", "against it", "integer", "against A", "against it"});
    for (const ReloadRow& row : rows)
        table.add({row.wiring, percent(row.clean.real), percent(row.attacked.real),
                   percent(row.attacked_own.real), text_of(row.clean.integer),
                   text_of(row.attacked.integer), text_of(row.attacked_own.integer)});
    fmt::print(
        "\nother wirings on the chip of {} (A), on PGD images made against A and against "
        "the wiring itself\n\n{}\n{}\n",
        run, table.text(), reload_verdict(rows));
}

Json as_json(const Accuracy& accuracy) {
    Json json = {{"float", accuracy.real}, {"integer", nullptr}};
    if (accuracy.integer) json["integer"] = *accuracy.integer;
    return json;
}

Json as_json(const std::vector<Row>& rows) {
    Json all = Json::array();
    for (const Row& row : rows)
        all.push_back({{"run", row.run},
                       {"network", row.network},
                       {"algorithm", row.algorithm},
                       {"epsilon", row.epsilon.text},
                       {"radius", row.epsilon.bound.radius},
                       {"clean", as_json(row.clean)},
                       {"fgsm", as_json(row.fgsm)},
                       {"pgd", as_json(row.pgd)}});
    return all;
}

Json as_json(const std::vector<ReloadRow>& rows) {
    Json all = Json::array();
    for (const ReloadRow& row : rows)
        all.push_back({{"wiring", row.wiring},
                       {"clean", as_json(row.clean)},
                       {"against_a", as_json(row.attacked)},
                       {"against_itself", as_json(row.attacked_own)}});
    return all;
}

struct Run {
    std::string name;
    Subject subject;
};

/// The runs, and the data that all of them are studied on.
std::vector<Run> read_runs(const Values& values, Dataset& data) {
    const std::string which = values.choice("checkpoint", {"last", "best"});
    std::vector<Run> runs;
    for (const std::string& name : values.list("RUN")) {
        Checkpoint checkpoint = load_checkpoint(checkpoint_path(name, which));
        Dataset its = load_data(values.text("data"),
                                {checkpoint.network.input.size, checkpoint.network.outputs(),
                                 checkpoint.dataset, checkpoint.dataset_checksum});
        if (runs.empty())
            data = std::move(its);
        else if (its.checksum != data.checksum)
            throw Error(
                name,
                fmt::format("was trained on {}, {} on {}", its.name, runs.front().name, data.name),
                "name the data for all of them with --data");
        runs.push_back({name, Subject(std::move(checkpoint))});
    }
    return runs;
}

}  // namespace

int study_adversarial_command(const Arguments& arguments) {
    const auto parsed = options().parse(arguments);
    if (!parsed) return OK;
    const Values& values = *parsed;
    PgdOptions pgd_options;
    pgd_options.steps = static_cast<int>(values.integer("steps", 1, 100'000));
    pgd_options.seed = static_cast<uint64_t>(values.integer("seed", 0, INT64_MAX));
    const auto count = values.has("count") ? values.integer("count", 1, INT32_MAX) : INT32_MAX;
    std::optional<int> epochs;
    if (values.has("epochs")) {
        if (!values.flag("reload"))
            throw Error("--epochs", "needs --reload", "it says how long B and C are trained",
                        ErrorKind::usage);
        epochs = static_cast<int>(values.integer("epochs", 1, 1'000'000));
    }
    // Training leaves files behind that are to be removed on the way out.
    const std::atomic<bool>* stop = values.flag("reload") ? &stop_on_signals() : nullptr;
    ThreadPool pool(static_cast<int>(values.integer("threads", 0, 1024)));
    Progress progress(values.flag("quiet"));

    Dataset data;
    const std::vector<Run> runs = read_runs(values, data);
    if (const Subject& first = runs.front().subject; values.flag("reload") && !first.compiled())
        throw Error("--reload", runs.front().name + " has no chip: " + first.obstacle(),
                    "give a run that compiles first");
    const std::vector<Epsilon> epsilons =
        read_epsilons(values.text("epsilon"), highest_pixel(data));
    const Images images = first_images(data.test, static_cast<int>(count));

    std::vector<Row> rows;
    for (const auto& [name, subject] : runs) {
        const Checkpoint& checkpoint = subject.checkpoint();
        const Accuracy clean = subject.accuracy(images, pool);
        for (const Epsilon& epsilon : epsilons) {
            check_stop(stop);
            progress.show(fmt::format("{}: epsilon {}", name, epsilon.text));
            const Images one_step = fgsm(checkpoint, images, epsilon.bound, pool);
            const Images steps = pgd(checkpoint, images, epsilon.bound, pgd_options, pool);
            rows.push_back({name, subject.network().name,
                            std::string(to_string(subject.network().training.algorithm)), epsilon,
                            clean, subject.accuracy(one_step, pool),
                            subject.accuracy(steps, pool)});
        }
    }
    progress.clear();
    std::vector<ReloadRow> reload;
    if (values.flag("reload")) {
        const PixelBound& bound =
            std::ranges::max_element(epsilons, {}, [](const Epsilon& epsilon) {
                return epsilon.bound.radius;
            })->bound;
        reload = reload_rows(runs.front().subject, data, images, {bound, pgd_options, epochs, stop},
                             pool, progress);
    }

    if (values.flag("json")) {
        Json json = {{"dataset", data.name},
                     {"images", images.count},
                     {"steps", pgd_options.steps},
                     {"seed", pgd_options.seed},
                     {"highest_pixel", highest_pixel(data)},
                     {"rows", as_json(rows)}};
        if (!reload.empty()) {
            json["reload"] = as_json(reload);
            json["verdict"] = reload_verdict(reload);
        }
        fmt::print("{}\n", json.dump(2));
        return OK;
    }
    fmt::print(
        "{} test images of {}, PGD of {} steps; accuracy, made against the float network\n\n",
        grouped(images.count), data.name, pgd_options.steps);
    print_rows(rows);
    for (const auto& [name, subject] : runs)
        if (!subject.compiled())
            fmt::print("{} has no integer network: {}\n", name, subject.obstacle());
    if (!reload.empty()) print_reload(reload, runs.front().name);
    return OK;
}

}  // namespace permloom::cli
