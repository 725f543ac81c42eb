#include "compiler/nn/matrix.h"

#include <Eigen/Core>

#include "compiler/base/error.h"

namespace permloom {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Stride = Eigen::OuterStride<>;
using In = Eigen::Map<const RowMajor, Eigen::Unaligned, Stride>;
using Out = Eigen::Map<RowMajor, Eigen::Unaligned, Stride>;

In map(const ConstMatrix& m) {
    return {m.data, m.rows, m.columns, Stride(m.stride)};
}
Out map(const Matrix& m) {
    return {m.data, m.rows, m.columns, Stride(m.stride)};
}

/// Eigen cuts the summed dimension by cache sizes that it asks the processor for, which would make
/// the rounding depend on the machine; it is told fixed ones instead, before the first product.
const bool CACHE_SIZES_ARE_FIXED = [] {
    Eigen::setCpuCacheSizes(32 << 10, 512 << 10, 8 << 20);
    return true;
}();

}  // namespace

void multiply(ConstMatrix a, ConstMatrix b, Matrix c) {
    PERMLOOM_ASSERT(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns);
    map(c).noalias() = map(a) * map(b);
}

void multiply_transposed(ConstMatrix a, ConstMatrix b, Matrix c) {
    PERMLOOM_ASSERT(a.columns == b.columns && c.rows == a.rows && c.columns == b.rows);
    map(c).noalias() = map(a) * map(b).transpose();
}

void transposed_multiply(ConstMatrix a, ConstMatrix b, Matrix c) {
    PERMLOOM_ASSERT(a.rows == b.rows && c.rows == a.columns && c.columns == b.columns);
    map(c).noalias() = map(a).transpose() * map(b);
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
    return name;
}

}  // namespace permloom
