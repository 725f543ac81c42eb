#include "tools/bench/bench.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <memory>

#include "compiler/base/error.h"

namespace permloom::bench {
namespace {

constexpr uint64_t SEED = 1;

/// The arrays to sort, the scratch that each is copied to.
struct SortInputs {
    std::vector<std::vector<float>> arrays;
    std::vector<float> scratch;

    void sort(size_t input) {
        std::copy(arrays[input].begin(), arrays[input].end(), scratch.begin());
        std::sort(scratch.begin(), scratch.end());
    }
};

}  // namespace

const std::vector<int>& sizes() {
    static const std::vector<int> all = {64, 256, 784, 1024, 4096, 65536, 1048576};
    return all;
}

size_t distinct_inputs(int n) {
    constexpr size_t ELEMENTS = size_t{1} << 22;
    return std::clamp<size_t>(ELEMENTS / static_cast<size_t>(n), 1, 1024);
}

const std::vector<Permutation>& random_permutations(int n) {
    static std::map<int, std::vector<Permutation>> made;
    std::vector<Permutation>& list = made[n];
    Rng rng(SEED, static_cast<uint64_t>(n));
    while (list.size() < distinct_inputs(n))
        list.push_back(Permutation::random(n, rng));
    return list;
}

Case sort_baseline(int n) {
    const auto inputs = std::make_shared<SortInputs>();
    const auto check = [n, inputs] {
        Rng rng(SEED, static_cast<uint64_t>(n));
        inputs->scratch.resize(static_cast<size_t>(n));
        inputs->arrays.resize(distinct_inputs(n));
        for (auto& array : inputs->arrays)
            for (int i = 0; i < n; ++i)
                array.push_back(static_cast<float>(rng.uniform()));
        for (size_t i = 0; i < inputs->arrays.size(); ++i) {
            inputs->sort(i);
            PERMLOOM_ASSERT(std::is_sorted(inputs->scratch.begin(), inputs->scratch.end()));
        }
        return CodeBits{};
    };
    const auto run = [inputs](size_t input) {
        inputs->sort(input);
        ::benchmark::DoNotOptimize(inputs->scratch.data());
    };
    return {.name = "std-sort", .n = n, .check = check, .run = run};
}

}  // namespace permloom::bench
