#include "compiler/emit/block_ram.h"

#include <algorithm>
#include <optional>

#include "compiler/base/bits.h"

namespace permloom {
namespace {

constexpr int64_t RAM_BITS = 4096;
constexpr int RAM_WIDTHS[] = {16, 8, 4, 2};  ///< and RAM_BITS / width rows
/// Of the cost functions of Yosys memory_libmap and its description of the part: a block RAM, a
/// multiplexer in front of a read port, a bit of a table in LUTs, all in bits kept in flip-flops.
constexpr double RAM_COST = 64.0, MULTIPLEXER_COST = 0.5, TABLE_BIT_COST = 1.0 / 16.0;

int64_t ceil_divide(int64_t value, int64_t divisor) {
    return (value + divisor - 1) / divisor;
}

/// Block RAMs side by side and, where a memory is deeper than one, in `chunks` one above the other.
struct Layout {
    int64_t width = 0, rams = 0, chunks = 0;
    double cost = 0.0;
};

/// A column of the memory is `chunks` columns of block RAMs; they are packed as densely as they go,
/// whatever row and bit they hold. The cheapest width is taken.
Layout cheapest_layout(int64_t width, int64_t depth) {
    std::optional<Layout> best;
    for (const int ram_width : RAM_WIDTHS) {
        Layout layout;
        layout.width = ram_width;
        layout.chunks = ceil_divide(depth, RAM_BITS / ram_width);
        layout.rams = ceil_divide(layout.chunks * width, ram_width);
        layout.cost = RAM_COST * static_cast<double>(layout.rams) +
                      MULTIPLEXER_COST * static_cast<double>(width * (layout.chunks - 1));
        if (!best || layout.cost <= best->cost) best = layout;
    }
    return *best;
}

/// Between the chunks: which one was read is remembered, and selects; which one is written is
/// decoded.
Cost chunks_cost(int64_t width, int64_t chunks) {
    if (chunks == 1) return {};
    return {static_cast<double>(width) * selector_luts(chunks) + 4.0 * static_cast<double>(chunks),
            ceil_log2(static_cast<uint64_t>(chunks))};
}

}  // namespace

Cost& Cost::operator+=(const Cost& other) {
    luts += other.luts;
    flip_flops += other.flip_flops;
    rams += other.rams;
    memory_bits += other.memory_bits;
    return *this;
}

double selector_luts(int64_t count) {
    // A LUT4 is a multiplexer of two lines; two of four lines take two.
    return count <= 1 ? 0.0 : 0.8 * static_cast<double>(count) - 1.0;
}

Cost memory_cost(int64_t width, int64_t depth) {
    const int64_t bits = width * depth;
    const Layout layout = cheapest_layout(width, depth);
    Cost cost{0.0, 0, 0, bits};
    if (static_cast<double>(bits) > layout.cost) {
        cost.rams = layout.rams;
        return cost + chunks_cost(width, layout.chunks);
    }
    // Rows of flip-flops with an enable each, a selector of a row for every bit, a read register.
    cost.flip_flops = bits + width;
    cost.luts = static_cast<double>(width) * selector_luts(depth) +
                (depth > 1 ? static_cast<double>(depth) : 0.0);
    return cost;
}

Cost memory_cost(std::span<const uint8_t> columns, int64_t depth) {
    const auto width = static_cast<int64_t>(columns.size());
    const auto used = std::ranges::count_if(columns, [](uint8_t column) { return column != 0; });
    if (used == 0) return {};
    Cost cost = memory_cost(width, depth);
    const Layout layout = cheapest_layout(width, depth);
    if (cost.rams == 0) {
        // Flip-flops of each column; the decoder of the rows stays.
        const double decoder = depth > 1 ? static_cast<double>(depth) : 0.0;
        cost.luts = decoder +
                    (cost.luts - decoder) * static_cast<double>(used) / static_cast<double>(width);
        cost.flip_flops = used * (depth + 1);
    } else if (layout.chunks == 1) {
        cost.rams = 0;
        for (int64_t first = 0; first < width; first += layout.width) {
            const auto ram =
                columns.subspan(static_cast<size_t>(first),
                                static_cast<size_t>(std::min(layout.width, width - first)));
            cost.rams += std::ranges::any_of(ram, [](uint8_t column) { return column != 0; });
        }
    }
    return cost;
}

int64_t tail_rows(int64_t width, int64_t depth, int64_t ports) {
    constexpr int64_t MOST = 32;
    if (ports < 2) return 0;
    const int64_t rams = memory_cost(width, depth).rams;
    for (int64_t tail = 2; tail <= MOST; tail *= 2) {
        const int64_t fewer = memory_cost(width, depth - tail).rams;
        if (depth % tail == 0 && fewer > 0 && fewer < rams) return tail;
    }
    return 0;
}

Cost table_cost(int64_t width, int64_t depth) {
    const Layout layout = cheapest_layout(width, depth);
    Cost cost{0.0, 0, 0, width * depth};
    if (static_cast<double>(width * depth) * TABLE_BIT_COST > layout.cost) {
        cost.rams = layout.rams;
        return cost + chunks_cost(width, layout.chunks);
    }
    // A function of the row number for every bit: a LUT up to 16 rows, beyond a tree of them.
    cost.flip_flops = width;
    const int64_t leaves = ceil_divide(depth, 16);
    if (depth > 1)
        cost.luts =
            static_cast<double>(width) * (static_cast<double>(leaves) + selector_luts(leaves));
    return cost;
}

}  // namespace permloom
