#include "compiler/base/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "compiler/base/error.h"

namespace permloom {
namespace {

struct SpawnActions {
    posix_spawn_file_actions_t actions;
    SpawnActions() { PERMLOOM_ASSERT(posix_spawn_file_actions_init(&actions) == 0); }
    ~SpawnActions() { posix_spawn_file_actions_destroy(&actions); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;
};

/// Everything until the other end closes.
std::string read_to_end(int fd) {
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(buffer.data(), static_cast<size_t>(got));
    }
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments,
                          const std::filesystem::path& directory) {
    PERMLOOM_ASSERT(!arguments.empty());
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));  // posix_spawn does not write to them
    argv.push_back(nullptr);

    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw Error(arguments[0], std::string("cannot be started: ") + std::strerror(errno));
    SpawnActions spawn;
    posix_spawn_file_actions_addopen(&spawn.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&spawn.actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&spawn.actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&spawn.actions, directory.c_str());
    pid_t child = 0;
    const int code =
        ::posix_spawnp(&child, arguments[0].c_str(), &spawn.actions, nullptr, argv.data(), environ);
    ::close(ends[1]);
    if (code != 0) {
        ::close(ends[0]);
        throw Error(arguments[0], std::string("cannot be started: ") + std::strerror(code),
                    code == ENOENT ? "install it, or check PATH" : "");
    }
    ProcessResult result;
    result.output = read_to_end(ends[0]);
    ::close(ends[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        PERMLOOM_ASSERT(errno == EINTR);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

}  // namespace permloom
