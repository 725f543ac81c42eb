/// A small pool for loops whose pieces are fixed beforehand: the result never depends on how many
/// threads ran them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace permloom {

/// Made for loops of tens of microseconds: a thread that runs out of work looks for more for a
/// short while before it goes to sleep, so that loops in close succession cost no system call.
class ThreadPool {
  public:
    /// `threads` = 0 takes one per core. Throws Error when the system does not give so many.
    explicit ThreadPool(int threads = 0);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int size() const { return static_cast<int>(workers_.size()) + 1; }

    /// Calls body(0) .. body(count - 1), each once, in any order, on any thread; returns when all
    /// are done and rethrows the first exception. Not reentrant.
    void for_each(int count, const std::function<void(int)>& body);

  private:
    void work();
    void join();
    void run_pieces();
    bool work_or_stop() const;

    std::vector<std::thread> workers_;
    const std::function<void(int)>* body_ = nullptr;
    int count_ = 0;
    /// High half: number of the loop; low half: its pieces not yet taken. Taking a piece is one
    /// compare-and-swap, which fails when the loop has ended meanwhile.
    std::atomic<uint64_t> ticket_{0};
    std::atomic<int> unfinished_{0};
    std::atomic<bool> stop_{false};
    int spins_ = 0;

    std::mutex mutex_;
    std::condition_variable wake_, done_;
    std::atomic<int> sleeping_{0};
    std::atomic<bool> waiting_{false};
    std::exception_ptr error_;
};

}  // namespace permloom
