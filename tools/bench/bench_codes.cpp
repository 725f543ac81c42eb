// Lehmer digits and the codes, each way.

#include <benchmark/benchmark.h>

#include <memory>

#include "compiler/base/error.h"
#include "compiler/perm/code.h"
#include "tools/bench/bench.h"

namespace permloom::bench {
namespace {

Case lehmer_digits_encode(int n) {
    const auto check = [n] {
        for (const Permutation& p : random_permutations(n))
            PERMLOOM_ASSERT(from_lehmer_digits(lehmer_digits(p)) == p);
        return CodeBits{};
    };
    const auto run = [n](size_t input) {
        ::benchmark::DoNotOptimize(lehmer_digits(random_permutations(n)[input]));
    };
    return {.name = "lehmer-digits-encode", .n = n, .check = check, .run = run};
}

}  // namespace

std::vector<Case> code_cases() {
    std::vector<Case> cases;
    for (const int n : sizes())
        cases.push_back(lehmer_digits_encode(n));
    return cases;
}

}  // namespace permloom::bench
