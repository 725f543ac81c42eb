/// What perm_bench measures: cases over seeded inputs, each a ratio to std::sort of n random
/// floats.
///
/// Fair on both sides: baseline and candidates walk through all distinct inputs of their size again
/// and again (sorting one array repeatedly is several times faster: the branch predictor memorises
/// it), are compiled with the same flags and include their copies; every result is checked before
/// the clock starts.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "compiler/perm/permutation.h"

namespace permloom::bench {

/// Size of what a case produces, for the table; zero where it has none.
struct CodeBits {
    double bits = 0.0;   ///< of one permutation, the mean over the inputs
    double bound = 0.0;  ///< information content of one permutation
};

struct Case {
    std::string name;
    int n = 0;
    /// Untimed, called once before `run`: prepares the inputs, runs each, and throws
    /// InvariantError when a result is wrong.
    std::function<CodeBits()> check;
    /// Timed: does the work for inputs `first` .. `first + permutations - 1`.
    std::function<void(size_t first)> run;
    /// Inputs a call handles; divides distinct_inputs(n). More than one for batches.
    size_t permutations = 1;
    /// Time by the wall clock instead of the CPU time of one thread: for cases on several threads.
    bool wall_clock = false;
};

/// 64, 256, 784, 1024, 4096, 65536, 1048576.
const std::vector<int>& sizes();

/// How many inputs of size n every case walks through: 1024, or fewer that hold 2^22 elements.
size_t distinct_inputs(int n);

/// distinct_inputs(n) seeded random permutations, made once.
const std::vector<Permutation>& random_permutations(int n);

/// std::sort of n random floats, copy included.
Case sort_baseline(int n);

std::vector<Case> code_cases();   ///< bench_codes.cpp
std::vector<Case> route_cases();  ///< bench_route.cpp

}  // namespace permloom::bench
