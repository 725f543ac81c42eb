#include "compiler/nn/sparse.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// Sixteen neurons at once, whatever vectors the processor has.
typedef float Vector __attribute__((vector_size(PANEL * sizeof(float)), may_alias));

/// Panels that share the reading of one input value.
constexpr int GROUP = 4;

void load(Vector& values, const float* from) {
    std::memcpy(&values, from, sizeof(values));
}

void store(const Vector& values, float* to, int count) {
    std::memcpy(to, &values, static_cast<size_t>(count) * sizeof(float));
}

/// Element (0, c) with the bit Step in c changes places with (Step, c - Step), x being row 0.
template <size_t Step, size_t... Lane>
void exchange(Vector& x, Vector& y, std::index_sequence<Lane...>) {
    const Vector first =
        __builtin_shufflevector(x, y, ((Lane & Step) != 0 ? PANEL + Lane - Step : Lane)...);
    y = __builtin_shufflevector(x, y, ((Lane & Step) != 0 ? PANEL + Lane : Lane + Step)...);
    x = first;
}

template <size_t Step = PANEL / 2>
[[gnu::always_inline]] inline void transpose(Vector (&rows)[PANEL]) {
#pragma GCC unroll 16
    for (size_t r = 0; r < PANEL; ++r)
        if ((r & Step) == 0)
            exchange<Step>(rows[r], rows[r + Step], std::make_index_sequence<PANEL>());
    if constexpr (Step > 1) transpose<Step / 2>(rows);
}

/// `Panels` panels of one image. Fewer than GROUP sum several entries side by side, because each
/// addition waits for the one before it.
template <int Panels>
void accumulate(const int32_t* line, const float* value, int count, const float* packed,
                size_t panel_size, Vector (&sums)[GROUP]) {
    constexpr int CHAINS = GROUP / Panels;
    Vector chains[CHAINS][Panels] = {};
    const auto add = [&](int k, Vector(&to)[Panels]) {
        const float* row = packed + static_cast<size_t>(line[k]) * PANEL;
        for (int p = 0; p < Panels; ++p)
            to[p] += value[k] *
                     *reinterpret_cast<const Vector*>(row + static_cast<size_t>(p) * panel_size);
    };
    int k = 0;
    for (; k + CHAINS <= count; k += CHAINS)
        for (int c = 0; c < CHAINS; ++c)
            add(k + c, chains[c]);
    for (; k < count; ++k)
        add(k, chains[0]);
    for (int p = 0; p < Panels; ++p)
        for (int c = 0; c < CHAINS; ++c)
            sums[p] += chains[c][p];
}

}  // namespace

SparseRows::SparseRows(int images, int lines)
    : width(lines),
      count(static_cast<size_t>(images)),
      line(static_cast<size_t>(images) * static_cast<size_t>(lines)),
      value(line.size()) {}

void pack_panel(ConstMatrix weights, int panel, float* packed) {
    const int first = panel * PANEL, neurons = std::min(PANEL, weights.rows - first);
    const auto row = [&](int j) {
        return weights.data + static_cast<long>(first + j) * weights.stride;
    };
    int i = 0;
    for (; i + PANEL <= weights.columns; i += PANEL) {
        Vector block[PANEL] = {};
#pragma GCC unroll 16
        for (int j = 0; j < PANEL; ++j)
            if (j < neurons) load(block[j], row(j) + i);
        transpose(block);
#pragma GCC unroll 16
        for (int k = 0; k < PANEL; ++k)
            store(block[k], packed + static_cast<long>(i + k) * PANEL, PANEL);
    }
    for (; i < weights.columns; ++i)
        for (int j = 0; j < PANEL; ++j)
            packed[static_cast<long>(i) * PANEL + j] = j < neurons ? row(j)[i] : 0.0F;
}

void multiply_sparse(const SparseRows& x, int begin, const float* packed, Matrix z) {
    const int panels = panels_of(z.columns);
    const size_t panel_size = static_cast<size_t>(PANEL) * static_cast<size_t>(x.width);
    for (int r = 0; r < z.rows; ++r) {
        const auto image = static_cast<size_t>(begin + r);
        const int32_t* line = x.line.data() + image * static_cast<size_t>(x.width);
        const float* value = x.value.data() + image * static_cast<size_t>(x.width);
        const int count = x.count[image];
        for (int p = 0; p < panels; p += GROUP) {
            Vector sums[GROUP] = {};
            const float* first = packed + static_cast<size_t>(p) * panel_size;
            const int group = std::min(GROUP, panels - p);
            switch (group) {
                case 1:
                    accumulate<1>(line, value, count, first, panel_size, sums);
                    break;
                case 2:
                    accumulate<2>(line, value, count, first, panel_size, sums);
                    break;
                case 3:
                    accumulate<3>(line, value, count, first, panel_size, sums);
                    break;
                default:
                    accumulate<4>(line, value, count, first, panel_size, sums);
            }
            for (int q = 0; q < group; ++q) {
                const int neuron = (p + q) * PANEL;
                store(sums[q], z.row(r) + neuron, std::min(PANEL, z.columns - neuron));
            }
        }
    }
}

void sparse_gradient(const SparseRows& x, int images, ConstMatrix g, int panel, float* scratch,
                     Matrix result) {
    PERMLOOM_ASSERT(result.columns == x.width);
    const int first = panel * PANEL, neurons = result.rows;
    std::fill_n(scratch, static_cast<size_t>(PANEL) * static_cast<size_t>(x.width), 0.0F);
    for (int b = 0; b < images; ++b) {
        Vector sums = {};
        std::memcpy(&sums, g.data + static_cast<long>(b) * g.stride + first,
                    static_cast<size_t>(neurons) * sizeof(float));
        const auto at = static_cast<size_t>(b) * static_cast<size_t>(x.width);
        const int32_t* line = x.line.data() + at;
        const float* value = x.value.data() + at;
        const int count = x.count[static_cast<size_t>(b)];
        for (int k = 0; k < count; ++k) {
            auto* row = reinterpret_cast<Vector*>(scratch + static_cast<long>(line[k]) * PANEL);
            *row += value[k] * sums;
        }
    }
    int i = 0;
    for (; i + PANEL <= x.width; i += PANEL) {
        Vector block[PANEL];
#pragma GCC unroll 16
        for (int k = 0; k < PANEL; ++k)
            load(block[k], scratch + static_cast<long>(i + k) * PANEL);
        transpose(block);
#pragma GCC unroll 16
        for (int j = 0; j < PANEL; ++j)
            if (j < neurons) store(block[j], result.row(j) + i, PANEL);
    }
    for (; i < x.width; ++i)
        for (int j = 0; j < neurons; ++j)
            result.row(j)[i] = scratch[static_cast<long>(i) * PANEL + j];
}

}  // namespace permloom
