#include "compiler/base/parallel.h"

#include <algorithm>

namespace permloom {

ThreadPool::ThreadPool(int threads) {
    if (threads <= 0) threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    for (int i = 1; i < threads; ++i)
        workers_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_)
        worker.join();
}

void ThreadPool::run_pieces() {
    std::unique_lock lock(mutex_);
    while (next_ < count_) {
        const int piece = next_++;
        lock.unlock();
        std::exception_ptr error;
        try {
            (*body_)(piece);
        } catch (...) {
            error = std::current_exception();
        }
        lock.lock();
        if (error && !error_) error_ = error;
    }
}

void ThreadPool::work() {
    uint64_t seen = 0;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [&] { return stop_ || generation_ != seen; });
            if (stop_) return;
            seen = generation_;
            ++running_;
        }
        run_pieces();
        {
            const std::lock_guard lock(mutex_);
            --running_;
        }
        done_.notify_one();
    }
}

void ThreadPool::for_each(int count, const std::function<void(int)>& body) {
    if (workers_.empty() || count <= 1) {
        for (int i = 0; i < count; ++i)
            body(i);
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        body_ = &body;
        count_ = count;
        next_ = 0;
        error_ = nullptr;
        ++generation_;
    }
    wake_.notify_all();
    run_pieces();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return running_ == 0; });
    // A worker that wakes late finds no piece left: count_ stays below next_ until the next call.
    count_ = next_ = 0;
    if (error_) std::rethrow_exception(error_);
}

}  // namespace permloom
