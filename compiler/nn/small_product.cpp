#include "compiler/nn/small_product.h"

#include <algorithm>
#include <array>
#include <utility>

#include "compiler/base/error.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace permloom {

#ifdef __AVX512F__
namespace {

constexpr int LANES = 16;
/// Elements of a factor: half of a second-level cache of 1 MiB.
constexpr long LARGEST_FACTOR = 1 << 17;

/// Of small_product: rows and vectors of columns of a tile, whose sums stay in registers.
constexpr int ROWS = 12, VECTORS = 2;
/// Of small_product_transposed: the sums of a tile, a vector each, end as the lanes of one vector.
constexpr int DOT_ROWS = 4, DOT_COLUMNS = 4;

__mmask16 first_lanes(int count) {
    return static_cast<__mmask16>((1U << std::clamp(count, 0, LANES)) - 1U);
}

/// `columns`: more than (Vectors - 1) * LANES, at most Vectors * LANES.
template <int Rows, int Vectors>
void broadcast_tile(const float* a, long row_step, long summed_step, const float* b, long b_stride,
                    int summed, float* c, long c_stride, int columns) {
    const __mmask16 last = first_lanes(columns - (Vectors - 1) * LANES);
    const auto mask = [&](int v) { return v == Vectors - 1 ? last : __mmask16{0xffff}; };
    __m512 sums[Rows][Vectors];
#pragma GCC unroll 16
    for (auto& row : sums)
        for (__m512& sum : row)
            sum = _mm512_setzero_ps();
    for (int i = 0; i < summed; ++i, a += summed_step, b += b_stride) {
        __m512 vector[Vectors];
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v)
            vector[v] = _mm512_maskz_loadu_ps(mask(v), b + v * LANES);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
            const __m512 factor = _mm512_set1_ps(a[r * row_step]);
#pragma GCC unroll 16
            for (int v = 0; v < Vectors; ++v)
                sums[r][v] = _mm512_fmadd_ps(factor, vector[v], sums[r][v]);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 16
        for (int v = 0; v < Vectors; ++v)
            _mm512_mask_storeu_ps(c + r * c_stride + v * LANES, mask(v), sums[r][v]);
}

/// Lane l: x[l] + x[l ^ Step], or the same of y where l has the bit Step.
template <size_t Step, size_t... Lane>
__m512 add_halves(__m512 x, __m512 y, std::index_sequence<Lane...>) {
    return __builtin_shufflevector(x, y, ((Lane & Step) != 0 ? LANES + Lane : Lane)...) +
           __builtin_shufflevector(x, y,
                                   ((Lane & Step) != 0 ? LANES + (Lane ^ Step) : Lane ^ Step)...);
}

/// Lane l: the sum of all lanes of vector l (Step = 1, First = 0). Inlined, or else the vectors
/// would have to lie in memory.
template <size_t Step, size_t First>
[[gnu::always_inline]] inline __m512 sum_lanes(const __m512 (&vectors)[LANES]) {
    if constexpr (Step == LANES)
        return vectors[First];
    else
        return add_halves<Step>(sum_lanes<2 * Step, First>(vectors),
                                sum_lanes<2 * Step, First + Step>(vectors),
                                std::make_index_sequence<LANES>());
}

template <int Rows, int Columns>
void dot_tile(const float* a, long a_stride, const float* b, long b_stride, int summed, float* c,
              long c_stride) {
    __m512 sums[LANES];
#pragma GCC unroll 16
    for (__m512& sum : sums)
        sum = _mm512_setzero_ps();
    for (int i = 0; i < summed; i += LANES) {
        const __mmask16 mask = first_lanes(summed - i);
        __m512 row[Rows];
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r)
            row[r] = _mm512_maskz_loadu_ps(mask, a + r * a_stride + i);
#pragma GCC unroll 16
        for (int s = 0; s < Columns; ++s) {
            const __m512 column = _mm512_maskz_loadu_ps(mask, b + s * b_stride + i);
#pragma GCC unroll 16
            for (int r = 0; r < Rows; ++r) {
                __m512& sum = sums[r * DOT_COLUMNS + s];
                sum = _mm512_fmadd_ps(row[r], column, sum);
            }
        }
    }
    alignas(64) std::array<float, LANES> totals;
    _mm512_store_ps(totals.data(), sum_lanes<1, 0>(sums));
    for (int r = 0; r < Rows; ++r)
        std::copy_n(totals.data() + r * DOT_COLUMNS, Columns, c + r * c_stride);
}

using BroadcastTile = void (*)(const float*, long, long, const float*, long, int, float*, long,
                               int);
using DotTile = void (*)(const float*, long, const float*, long, int, float*, long);

template <size_t... I>
constexpr std::array<BroadcastTile, sizeof...(I)> broadcast_tiles(std::index_sequence<I...>) {
    return {broadcast_tile<I / VECTORS + 1, I % VECTORS + 1>...};
}
template <size_t... I>
constexpr std::array<DotTile, sizeof...(I)> dot_tiles(std::index_sequence<I...>) {
    return {dot_tile<I / DOT_COLUMNS + 1, I % DOT_COLUMNS + 1>...};
}

constexpr auto BROADCAST_TILES = broadcast_tiles(std::make_index_sequence<ROWS * VECTORS>());
constexpr auto DOT_TILES = dot_tiles(std::make_index_sequence<DOT_ROWS * DOT_COLUMNS>());

}  // namespace

bool suits_small_product(int rows, int columns, int summed) {
    return static_cast<long>(rows) * summed <= LARGEST_FACTOR &&
           static_cast<long>(columns) * summed <= LARGEST_FACTOR;
}

void small_product(const float* a, long row_step, long summed_step, ConstMatrix b, Matrix c) {
    // Tiles of equal height: the last one is not left with too few sums to keep the units busy.
    const int tiles = (c.rows + ROWS - 1) / ROWS;
    for (int column = 0; column < c.columns; column += VECTORS * LANES) {
        const int columns = std::min(VECTORS * LANES, c.columns - column);
        const int vectors = (columns + LANES - 1) / LANES;
        for (int t = 0; t < tiles; ++t) {
            const int row = c.rows * t / tiles, rows = c.rows * (t + 1) / tiles - row;
            const auto tile = static_cast<size_t>((rows - 1) * VECTORS + vectors - 1);
            BROADCAST_TILES[tile](a + row * row_step, row_step, summed_step, b.data + column,
                                  b.stride, b.rows, c.row(row) + column, c.stride, columns);
        }
    }
}

void small_product_transposed(ConstMatrix a, ConstMatrix b, Matrix c) {
    for (int column = 0; column < c.columns; column += DOT_COLUMNS) {
        const int columns = std::min(DOT_COLUMNS, c.columns - column);
        for (int row = 0; row < c.rows; row += DOT_ROWS) {
            const int rows = std::min(DOT_ROWS, c.rows - row);
            const auto tile = static_cast<size_t>((rows - 1) * DOT_COLUMNS + columns - 1);
            DOT_TILES[tile](a.data + static_cast<long>(row) * a.stride, a.stride,
                            b.data + static_cast<long>(column) * b.stride, b.stride, a.columns,
                            c.row(row) + column, c.stride);
        }
    }
}

#else

bool suits_small_product(int, int, int) {
    return false;
}
void small_product(const float*, long, long, ConstMatrix, Matrix) {
    PERMLOOM_ASSERT(!"a processor with AVX-512");
}
void small_product_transposed(ConstMatrix, ConstMatrix, Matrix) {
    PERMLOOM_ASSERT(!"a processor with AVX-512");
}

#endif

}  // namespace permloom
