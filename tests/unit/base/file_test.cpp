#include "compiler/base/file.h"

#include <catch2/catch.hpp>

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "compiler/base/error.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;
using Catch::Contains;
using permloom::testing::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

size_t entries(const fs::path& directory) {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory), {}));
}

/// Runs `body` in a child process without privileges and says whether it returned true: root may
/// write everywhere.
template <class Body>
bool unprivileged(const Body& body) {
    const pid_t child = ::fork();
    PERMLOOM_ASSERT(child >= 0);
    if (child == 0) {
        constexpr uid_t NOBODY = 65534;
        if (::geteuid() == 0 && (::setgid(NOBODY) != 0 || ::setuid(NOBODY) != 0)) ::_exit(2);
        ::_exit(body() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

template <class Body>
bool throws_with(const Body& body, const std::string& part) {
    try {
        body();
    } catch (const Error& error) {
        return std::string(error.what()).find(part) != std::string::npos;
    }
    return false;
}

/// An environment variable set (or unset) for one scope.
class Variable {
  public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* before = getenv(name)) before_ = before, was_set_ = true;
        value ? setenv(name, value, 1) : unsetenv(name);
    }
    ~Variable() { was_set_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    const char* name_;
    std::string before_;
    bool was_set_ = false;
};

}  // namespace

TEST_CASE("file -- what is written is read back, whatever the size") {
    const TemporaryDirectory directory;
    for (const size_t size : {size_t{0}, size_t{1}, size_t{65536}, size_t{200001}}) {
        std::vector<uint8_t> bytes(size);
        for (size_t i = 0; i < size; ++i)
            bytes[i] = static_cast<uint8_t>(i * 31 >> 3);
        write_file(directory / "f", bytes);
        CHECK(read_bytes(directory / "f") == bytes);
    }
    write_file(directory / "f", std::string_view("text\0more", 9));
    CHECK(read_text(directory / "f") == std::string("text\0more", 9));
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("file -- results have the permissions that the user's mask says") {
    const TemporaryDirectory directory;
    const mode_t mask = ::umask(027);
    write_file(directory / "f", std::string_view("x"));
    ::umask(mask);
    CHECK((fs::status(directory / "f").permissions() & fs::perms::mask) ==
          static_cast<fs::perms>(0640));
}

TEST_CASE("file -- a missing file and a directory are Errors that name the path") {
    const TemporaryDirectory directory;
    CHECK_THROWS_WITH(read_bytes(directory / "none"),
                      Contains("none: cannot open: No such file") && Contains("check the path"));
    CHECK_THROWS_WITH(read_bytes(directory.path()), Contains("is a directory"));
    CHECK_THROWS_WITH(write_file(directory / "none/f", std::string_view("x")),
                      Contains("none/f: cannot write: No such file"));
}

TEST_CASE("file -- a write that fails leaves the old content and no other file") {
    const TemporaryDirectory directory;
    write_file(directory / "f", std::string_view("old"));
    // A file size limit stands in for a full disk: the write stops half way.
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{4096, 4096};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const bool failed = throws_with(
            [&] { write_file(directory / "f", std::string(100000, 'n')); }, "f: cannot write");
        ::_exit(failed ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(read_text(directory / "f") == "old");
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("file -- writing over a directory fails and leaves no temporary file") {
    const TemporaryDirectory directory;
    fs::create_directory(directory / "d");
    CHECK_THROWS_WITH(write_file(directory / "d", std::string_view("x")),
                      Contains("d: cannot write"));
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("file -- an unwritable directory is an Error for files and for output") {
    const TemporaryDirectory directory;
    write_file(directory / "f", std::string_view("old"));
    ::chmod(directory.path().c_str(), 0555);
    CHECK(unprivileged([&] {
        return throws_with([&] { write_file(directory / "f", std::string_view("new")); },
                           "cannot write: Permission denied");
    }));
    CHECK(unprivileged([&] {
        return throws_with([&] { make_output_directory(directory.path(), true); },
                           "cannot write into it: Permission denied");
    }));
    CHECK(unprivileged([&] {
        return throws_with([&] { make_output_directory(directory / "new", false); },
                           "cannot make the directory: Permission denied");
    }));
    ::chmod(directory.path().c_str(), 0755);
    CHECK(read_text(directory / "f") == "old");
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("file -- an unreadable file is an Error") {
    const TemporaryDirectory directory;
    write_file(directory / "f", std::string_view("secret"));
    ::chmod((directory / "f").c_str(), 0);
    ::chmod(directory.path().c_str(), 0755);
    CHECK(unprivileged([&] {
        return throws_with([&] { read_bytes(directory / "f"); }, "cannot open: Permission denied");
    }));
}

TEST_CASE("output directory -- is made with its parents, and one with content needs force") {
    const TemporaryDirectory directory;
    make_output_directory(directory / "a/b", false);
    CHECK(fs::is_directory(directory / "a/b"));
    CHECK_NOTHROW(make_output_directory(directory / "a/b", false));  // empty
    write_file(directory / "a/b/kept", std::string_view("x"));
    CHECK_THROWS_WITH(make_output_directory(directory / "a/b", false),
                      Contains("already exists and is not empty") && Contains("--force"));
    make_output_directory(directory / "a/b", true);
    CHECK(read_text(directory / "a/b/kept") == "x");
    CHECK_THROWS_WITH(make_output_directory(directory / "a/b/kept", true),
                      Contains("exists and is not a directory"));
}

TEST_CASE("user directories -- own variable, then XDG, then HOME") {
    const Variable home("HOME", "/h");
    {
        const Variable own("PERMLOOM_DATA", "/own"), xdg("XDG_DATA_HOME", "/xdg");
        CHECK(user_data_directory() == "/own");
    }
    {
        const Variable own("PERMLOOM_DATA", ""), xdg("XDG_DATA_HOME", "/xdg");
        CHECK(user_data_directory() == "/xdg/permloom");
    }
    const Variable own("PERMLOOM_DATA", nullptr), xdg("XDG_DATA_HOME", nullptr);
    const Variable cache("PERMLOOM_CACHE", nullptr), xdg_cache("XDG_CACHE_HOME", nullptr);
    CHECK(user_data_directory() == "/h/.local/share/permloom");
    CHECK(user_cache_directory() == "/h/.cache/permloom");
    const Variable homeless("HOME", nullptr);
    CHECK_THROWS_WITH(user_data_directory(), Contains("neither PERMLOOM_DATA nor HOME is set"));
}
