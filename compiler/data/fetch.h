/// Bringing a data set to this machine. A plan says where from; tests make plans of their own.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace permloom {

struct FetchPlan {
    struct File {
        std::string name;  ///< in the directory; `ADDRESS/NAME.gz` at each address
        std::string md5;   ///< of the unpacked content
    };
    struct Archive {
        std::string name;    ///< `ADDRESS/NAME` at each address, what `tar -xzf` unpacks
        std::string md5;     ///< of the archive
        std::string folder;  ///< in the archive, that holds the files
    };
    std::string dataset;
    std::filesystem::path directory;  ///< to hold the unpacked files
    std::vector<File> files;
    std::optional<Archive> archive;      ///< all files in one, in place of `ADDRESS/NAME.gz`
    std::vector<std::string> addresses;  ///< tried in order
    std::string package;                 ///< the last resort, in words
    /// Brings the package into `scratch`, an empty directory that goes away, and returns the
    /// directory with the files, raw or .gz. Throws Error.
    std::function<std::filesystem::path(const std::filesystem::path& scratch)> unpack_package;
    int connect_seconds = 5;  ///< patience with an address that does not answer
};

/// The plan for "mnist", "fashion-mnist" or "cifar10". Throws Error for another name.
FetchPlan fetch_plan(const std::string& dataset, const std::filesystem::path& directory);

/// Carries a plan out: skips files that are there and verified, resumes interrupted downloads
/// (`NAME.gz.part`, for an archive `NAME.part`). Throws Error with what went wrong at each place.
void fetch(const FetchPlan& plan, const std::function<void(const std::string&)>& report);

}  // namespace permloom
