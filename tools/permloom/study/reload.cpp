#include "tools/permloom/study/reload.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "compiler/base/error.h"
#include "compiler/train/trainer.h"

namespace permloom::cli {
namespace fs = std::filesystem;
namespace {

/// Where training writes what nobody asked for.
class ScratchDirectory {
  public:
    ScratchDirectory() {
        std::string pattern = (fs::temp_directory_path() / "permloom-study.XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr)
            throw Error(pattern, std::string("cannot make a directory: ") + std::strerror(errno));
        path_ = pattern;
    }
    ~ScratchDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

/// Another wiring of the same devices.
Subject retrain(const Subject& first, const NetworkSpec& network, const Dataset& data,
                const std::string& wiring, const std::atomic<bool>* stop, ThreadPool& pool,
                Progress& progress) {
    const ScratchDirectory directory;
    TrainOptions options;
    options.stop = stop;
    options.seed = first.checkpoint().seed + 1;
    options.run = directory.path();
    for (const ChipLayer& layer : first.chip().layers)
        options.devices.push_back({layer.shared_profile, layer.devices});
    options.chip_fingerprint = to_hex(fingerprint(first.chip()));
    options.on_epoch = [&](const EpochReport& report) {
        progress.show(
            fmt::format("training wiring {}: epoch {}/{}", wiring, report.epoch, report.epochs));
    };
    const Checkpoint checkpoint = train(network, data, options, pool);
    progress.clear();
    check_stop(stop);
    return Subject(checkpoint, first.chip());
}

/// The images of both, one after another.
Images joined(const Images& first, const Images& second) {
    Images all = first;
    all.count += second.count;
    all.pixels.insert(all.pixels.end(), second.pixels.begin(), second.pixels.end());
    all.labels.insert(all.labels.end(), second.labels.begin(), second.labels.end());
    return all;
}

}  // namespace

void check_stop(const std::atomic<bool>* stop) {
    if (stop != nullptr && *stop)
        throw Error("study adversarial", "stopped; nothing is kept", "start it again");
}

std::vector<ReloadRow> reload_rows(const Subject& first, const Dataset& data, const Images& images,
                                   const ReloadOptions& options, ThreadPool& pool,
                                   Progress& progress) {
    const auto attack_on = [&](const Subject& subject, const Images& clean) {
        check_stop(options.stop);
        return pgd(subject.checkpoint(), clean, options.bound, options.pgd, pool);
    };
    const Images attack = attack_on(first, images);
    const auto row = [&](const std::string& wiring, const Subject& subject) {
        return ReloadRow{wiring, subject.accuracy(images, pool), subject.accuracy(attack, pool),
                         subject.accuracy(attack_on(subject, images), pool)};
    };
    std::vector<ReloadRow> rows = {row("A", first)};
    NetworkSpec network = first.network();
    if (options.epochs) network.training.epochs = *options.epochs;
    rows.push_back(row("B", retrain(first, network, data, "B", options.stop, pool, progress)));
    Dataset both = data;
    both.train = joined(data.train, attack_on(first, data.train));
    rows.push_back(row("C", retrain(first, network, both, "C", options.stop, pool, progress)));
    return rows;
}

std::string reload_verdict(const std::vector<ReloadRow>& rows) {
    // The row of the hardware: all of them compile for A's chip.
    const ReloadRow& a = rows.front();
    const double lost = *a.clean.integer - *a.attacked.integer;
    if (lost <= 0.0) return "The attack costs wiring A nothing, so there is nothing to restore.";
    std::string text = fmt::format("The attack takes wiring A from {} to {}.",
                                   percent(*a.clean.integer), percent(*a.attacked.integer));
    for (auto row = rows.begin() + 1; row != rows.end(); ++row)
        text += fmt::format(
            " Loading {} instead gives {}: {:.0f} % of what was lost is back. An attack on {} "
            "itself leaves {}.",
            row->wiring, percent(*row->attacked.integer),
            100.0 * (*row->attacked.integer - *a.attacked.integer) / lost, row->wiring,
            percent(*row->attacked_own.integer));
    return text;
}

}  // namespace permloom::cli
