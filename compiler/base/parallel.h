/// A small pool for loops whose pieces are fixed beforehand: the result never depends on how many
/// threads ran them.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace permloom {

class ThreadPool {
  public:
    /// `threads` = 0 takes one per core.
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
    void run_pieces();

    std::vector<std::thread> workers_;
    std::mutex mutex_;
    std::condition_variable wake_, done_;
    const std::function<void(int)>* body_ = nullptr;
    int count_ = 0, next_ = 0, running_ = 0;
    uint64_t generation_ = 0;
    bool stop_ = false;
    std::exception_ptr error_;
};

}  // namespace permloom
