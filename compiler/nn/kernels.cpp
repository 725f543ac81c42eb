#include "compiler/nn/kernels.h"

#include <dnnl.h>
#include <omp.h>

namespace permloom {
namespace {

std::string kernel_set() {
    switch (dnnl_get_effective_cpu_isa()) {
        case dnnl_cpu_isa_sse41:
            return "sse41";
        case dnnl_cpu_isa_avx:
            return "avx";
        case dnnl_cpu_isa_avx2:
            return "avx2";
        case dnnl_cpu_isa_avx512_core:
        case dnnl_cpu_isa_avx512_core_vnni:
        case dnnl_cpu_isa_avx512_core_bf16:
        case dnnl_cpu_isa_avx512_core_amx:
            // Beyond avx512_core they differ in integer and bfloat16 instructions only.
            return "avx512_core";
        default:
            return "other";
    }
}

}  // namespace

void run_kernels_on_this_thread() {
    // Of the calling thread only: an OpenMP control variable of each thread.
    thread_local const bool done = [] {
        omp_set_num_threads(1);
        return true;
    }();
    static_cast<void>(done);
}

std::string instruction_set() {
#if defined(__x86_64__)
    std::string name = "x86-64";
#elif defined(__aarch64__)
    std::string name = "aarch64";
#else
    std::string name = "generic";
#endif
#if defined(__AVX512F__)
    name += " avx512";
#elif defined(__AVX2__)
    name += " avx2";
#elif defined(__AVX__)
    name += " avx";
#endif
#if defined(__FMA__)
    name += " fma";
#endif
    return name + ", oneDNN " + kernel_set();
}

}  // namespace permloom
