#include "compiler/base/parallel.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>

using namespace permloom;

TEST_CASE("thread pool -- every piece runs exactly once, for any number of threads") {
    for (const int threads : {1, 2, 3, 8}) {
        ThreadPool pool(threads);
        CHECK(pool.size() == threads);
        for (const int count : {0, 1, 2, 7, 100, 1000}) {
            std::vector<std::atomic<int>> runs(static_cast<size_t>(count));
            pool.for_each(count, [&](int i) { ++runs[static_cast<size_t>(i)]; });
            INFO(threads << " threads, " << count << " pieces");
            for (const std::atomic<int>& n : runs)
                CHECK(n == 1);
        }
    }
}

TEST_CASE("thread pool -- many short loops in a row end, and each is complete when it returns") {
    ThreadPool pool(4);
    for (int round = 0; round < 5000; ++round) {
        std::atomic<int> sum = 0;
        pool.for_each(5, [&](int i) { sum += i; });
        REQUIRE(sum == 10);
    }
}

TEST_CASE("thread pool -- a loop uses more than one thread") {
    ThreadPool pool(3);
    std::mutex mutex;
    std::set<std::thread::id> threads;
    pool.for_each(3, [&](int) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
    });
    CHECK(threads.size() > 1);
}

TEST_CASE("thread pool -- an exception reaches the caller, and the pool goes on") {
    for (const int threads : {1, 4}) {
        ThreadPool pool(threads);
        CHECK_THROWS_WITH(pool.for_each(50,
                                        [](int i) {
                                            if (i == 20) throw std::runtime_error("piece 20");
                                        }),
                          "piece 20");
        std::atomic<int> sum = 0;
        pool.for_each(10, [&](int i) { sum += i; });
        CHECK(sum == 45);
    }
}

TEST_CASE("thread pool -- zero threads takes one per core") {
    CHECK(ThreadPool().size() ==
          static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
}
