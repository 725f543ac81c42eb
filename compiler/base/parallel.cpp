#include "compiler/base/parallel.h"

#include <algorithm>
#include <string>
#include <system_error>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// Looks that a thread takes before it sleeps: roughly 50 microseconds.
constexpr int SPINS = 2000;
constexpr uint64_t PIECES = 0xffffffffU;

void pause_briefly() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

template <class Condition>
bool spin_until(int spins, const Condition& condition) {
    for (int i = 0; i < spins; ++i) {
        if (condition()) return true;
        pause_briefly();
    }
    return condition();
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    if (threads <= 0) threads = cores;
    // With more threads than cores, looking only keeps the others from working.
    spins_ = threads <= cores ? SPINS : 0;
    workers_.reserve(static_cast<size_t>(threads) - 1);
    try {
        for (int i = 1; i < threads; ++i)
            workers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
        const std::string had = std::to_string(size());
        join();
        throw Error("threads", "the system gives " + had + " of " + std::to_string(threads),
                    "use fewer");
    }
}

ThreadPool::~ThreadPool() {
    join();
}

void ThreadPool::join() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_)
        worker.join();
}

bool ThreadPool::work_or_stop() const {
    return stop_ || (ticket_ & PIECES) != 0;
}

void ThreadPool::run_pieces() {
    uint64_t ticket = ticket_;
    while ((ticket & PIECES) != 0) {
        if (!ticket_.compare_exchange_weak(ticket, ticket - 1)) continue;
        // The loop cannot end before this piece does, so body_ and count_ are its own.
        const int piece = count_ - static_cast<int>(ticket & PIECES);
        try {
            (*body_)(piece);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!error_) error_ = std::current_exception();
        }
        if (--unfinished_ == 0 && waiting_) {
            const std::lock_guard lock(mutex_);
            done_.notify_one();
        }
        ticket = ticket_;
    }
}

void ThreadPool::work() {
    while (!stop_) {
        run_pieces();
        if (spin_until(spins_, [&] { return work_or_stop(); })) continue;
        std::unique_lock lock(mutex_);
        ++sleeping_;
        wake_.wait(lock, [&] { return work_or_stop(); });
        --sleeping_;
    }
}

void ThreadPool::for_each(int count, const std::function<void(int)>& body) {
    if (workers_.empty() || count <= 1) {
        for (int i = 0; i < count; ++i)
            body(i);
        return;
    }
    body_ = &body;
    count_ = count;
    error_ = nullptr;
    unfinished_ = count;
    const uint64_t loop = (ticket_ >> 32) + 1;
    ticket_ = loop << 32 | static_cast<uint64_t>(count);
    // A worker counts itself as sleeping before it looks at the ticket for the last time, and the
    // ticket is written before sleeping_ is read: one of the two sees the other.
    if (sleeping_ > 0) {
        const std::lock_guard lock(mutex_);
        wake_.notify_all();
    }
    run_pieces();
    if (!spin_until(spins_, [&] { return unfinished_ == 0; })) {
        std::unique_lock lock(mutex_);
        waiting_ = true;
        done_.wait(lock, [&] { return unfinished_ == 0; });
        waiting_ = false;
    }
    if (error_) std::rethrow_exception(error_);
}

}  // namespace permloom
