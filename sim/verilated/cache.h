/// The directory of built plug-ins: one entry per key, made aside and renamed into place, so that a
/// reader sees a whole entry or none and two builders at once do no harm.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace permloom {

/// SHA-256 over texts, each with its length, so that no two lists of texts run together.
class CacheKey {
  public:
    void add(std::string_view text);
    std::string hex() const;

  private:
    std::string content_;
};

/// A new directory below the cache, removed unless it becomes an entry.
class Workspace {
  public:
    /// Throws Error when `root` cannot be made or written.
    explicit Workspace(const std::filesystem::path& root);
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// Becomes the entry `entry`; when another builder was faster, its entry stays.
    void rename_to(const std::filesystem::path& entry);

  private:
    std::filesystem::path path_;
};

/// True when `entry` has all of `files`. An entry that lacks one is removed.
bool entry_is_whole(const std::filesystem::path& entry,
                    const std::vector<std::filesystem::path>& files);

/// Removes what builders that were killed have left behind: workspaces older than a day.
void remove_stale_workspaces(const std::filesystem::path& root);

}  // namespace permloom
