/// What oneDNN needs before any of its kernels runs; nothing of oneDNN itself.
#pragma once

#include <string>

namespace permloom {

/// Makes oneDNN's kernels of the calling thread run on this thread alone: work is divided by
/// ThreadPool, in pieces that do not depend on the number of threads.
void run_kernels_on_this_thread();

/// The instruction set of the kernels and of the compiled loops, e.g. "x86-64 avx512 fma, oneDNN
/// avx512_core": the same on two machines means the same bytes.
std::string instruction_set();

}  // namespace permloom
