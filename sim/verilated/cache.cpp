#include "sim/verilated/cache.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"

namespace permloom {
namespace fs = std::filesystem;
namespace {

constexpr char WORKSPACE_PREFIX[] = "building-";

}  // namespace

void CacheKey::add(std::string_view text) {
    content_ += std::to_string(text.size());
    content_ += ':';
    content_ += text;
}

std::string CacheKey::hex() const {
    return to_hex(sha256(content_), 32);
}

Workspace::Workspace(const fs::path& root) {
    std::error_code code;
    fs::create_directories(root, code);
    std::string name = (root / (std::string(WORKSPACE_PREFIX) + "XXXXXX")).string();
    if (code || !::mkdtemp(name.data()))
        throw Error(root.string(),
                    "cannot write into the cache of built models: " +
                        (code ? code.message() : std::string(std::strerror(errno))),
                    "set PERMLOOM_CACHE to a directory that you may use");
    path_ = name;
}

Workspace::~Workspace() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

void Workspace::rename_to(const fs::path& entry) {
    // mkdtemp makes private directories; an entry is as readable as any other cached file.
    fs::permissions(path_, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                               fs::perms::others_read | fs::perms::others_exec);
    std::error_code code;
    fs::rename(path_, entry, code);
    if (!code) path_.clear();
    if (code && !fs::exists(entry))
        throw Error(entry.string(), "cannot be made: " + code.message());
}

bool entry_is_whole(const fs::path& entry, const std::vector<fs::path>& files) {
    std::error_code code;
    if (!fs::exists(entry, code)) return false;
    const bool whole = std::all_of(files.begin(), files.end(), [&](const fs::path& file) {
        return fs::is_regular_file(entry / file, code);
    });
    if (!whole) fs::remove_all(entry, code);
    return whole;
}

void remove_stale_workspaces(const fs::path& root) {
    std::error_code code;
    const auto limit = fs::file_time_type::clock::now() - std::chrono::hours(24);
    for (const fs::directory_entry& entry : fs::directory_iterator(root, code)) {
        const bool workspace = entry.path().filename().string().starts_with(WORKSPACE_PREFIX);
        std::error_code ignored;
        if (workspace && fs::last_write_time(entry.path(), ignored) < limit && !ignored)
            fs::remove_all(entry.path(), ignored);
    }
}

}  // namespace permloom
