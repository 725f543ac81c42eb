#include "tools/permloom/stop_signals.h"

#include <csignal>
#include <thread>

namespace permloom::cli {
namespace {

std::atomic<bool> stop_requested{false};

/// Waits for the first signal on a thread of its own; the next one acts as it always does.
void wait_for_signal(sigset_t signals) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) return;
    stop_requested = true;
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace

// Blocked in every thread that computes, so that no signal ever runs on the stack of a generated
// kernel.
const std::atomic<bool>& stop_on_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM})
        sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread(wait_for_signal, signals).detach();
    return stop_requested;
}

}  // namespace permloom::cli
