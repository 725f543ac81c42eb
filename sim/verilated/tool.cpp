#include "sim/verilated/tool.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

#include "compiler/base/error.h"
#include "compiler/base/file.h"

extern char** environ;

namespace permloom {
namespace {

struct FileActions {
    posix_spawn_file_actions_t value;
    FileActions() { ::posix_spawn_file_actions_init(&value); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&value); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
};

struct Attributes {
    posix_spawnattr_t value;
    Attributes() { ::posix_spawnattr_init(&value); }
    ~Attributes() { ::posix_spawnattr_destroy(&value); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
};

/// Starts a tool. It stays in our process group, so that Ctrl-C reaches it too, and gets the
/// default signal handling back, whatever ours is.
pid_t start(const ToolCall& call, const std::filesystem::path& directory) {
    FileActions files;
    ::posix_spawn_file_actions_addchdir_np(&files.value, directory.c_str());
    ::posix_spawn_file_actions_addopen(&files.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files.value, STDOUT_FILENO, call.log.c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::posix_spawn_file_actions_adddup2(&files.value, STDOUT_FILENO, STDERR_FILENO);

    Attributes attributes;
    sigset_t defaults, mask;
    ::sigemptyset(&defaults);
    for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE})
        ::sigaddset(&defaults, signal);
    ::sigemptyset(&mask);
    ::posix_spawnattr_setsigdefault(&attributes.value, &defaults);
    ::posix_spawnattr_setsigmask(&attributes.value, &mask);
    ::posix_spawnattr_setflags(&attributes.value, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

    std::vector<std::string> arguments = call.arguments;
    std::vector<char*> pointers;
    for (std::string& argument : arguments)
        pointers.push_back(argument.data());
    pointers.push_back(nullptr);

    pid_t child = 0;
    const int code = ::posix_spawnp(&child, pointers[0], &files.value, &attributes.value,
                                    pointers.data(), environ);
    if (code == ENOENT)
        throw Error(arguments[0], "is not installed, or not on PATH",
                    "the Verilated model needs the Debian package '" + call.package +
                        "': apt-get install " + call.package);
    if (code != 0) throw Error(arguments[0], std::string("cannot start: ") + std::strerror(code));
    return child;
}

/// The wait status of a child. Children that others started are left alone.
int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) throw Error("waitpid", std::strerror(errno));
    return status;
}

}  // namespace

void run_tools(std::span<const ToolCall> calls, const std::filesystem::path& directory,
               unsigned at_once) {
    std::vector<pid_t> children;
    std::vector<int> statuses;
    std::exception_ptr not_started;
    const auto wait_oldest = [&] { statuses.push_back(wait_for(children[statuses.size()])); };
    for (const ToolCall& call : calls) {
        if (children.size() - statuses.size() >= std::max(1U, at_once)) wait_oldest();
        if (!statuses.empty() && statuses.back() != 0) break;
        try {
            children.push_back(start(call, directory));
        } catch (const Error&) {
            not_started = std::current_exception();
            break;
        }
    }
    while (statuses.size() < children.size())
        wait_oldest();
    if (not_started) std::rethrow_exception(not_started);
    for (size_t i = 0; i < statuses.size(); ++i) {
        const std::string& program = calls[i].arguments.front();
        if (WIFSIGNALED(statuses[i]))
            throw Error(program, std::string("was ended by a signal: ") +
                                     ::strsignal(WTERMSIG(statuses[i])));
        if (statuses[i] != 0)
            throw ToolFailure{program, read_text(calls[i].log), WEXITSTATUS(statuses[i])};
    }
}

}  // namespace permloom
