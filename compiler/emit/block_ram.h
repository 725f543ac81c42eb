/// What synthesis makes of a memory: block RAMs of the iCE40, or flip-flops where it is small.
#pragma once

#include <cstdint>
#include <span>

namespace permloom {

/// Resources of an iCE40 behind Yosys `synth_ice40`. LUTs are fractional because formulas are; sums
/// are rounded where they are shown.
struct Cost {
    double luts = 0.0;        ///< SB_LUT4
    int64_t flip_flops = 0;   ///< SB_DFF of any kind
    int64_t rams = 0;         ///< SB_RAM40_4K
    int64_t memory_bits = 0;  ///< that are stored, in block RAMs or flip-flops

    Cost& operator+=(const Cost& other);
    friend Cost operator+(Cost left, const Cost& right) { return left += right; }
    friend Cost operator*(int64_t count, const Cost& one) {
        return {static_cast<double>(count) * one.luts, count * one.flip_flops, count * one.rams,
                count * one.memory_bits};
    }
    bool operator==(const Cost&) const = default;
};

/// A memory of `depth` rows of `width` bits with one write port and one registered read port.
Cost memory_cost(int64_t width, int64_t depth);
/// The same where only some columns, those of 1, are read: block RAMs without any go.
Cost memory_cost(std::span<const uint8_t> columns, int64_t depth);

/// Of a memory with `ports` copies of which each has one read port: rows at its end that are better
/// kept in registers, once for all ports, because they cost every port a block RAM more; a power of
/// two of which `depth` is a multiple. 0: none, or too many.
int64_t tail_rows(int64_t width, int64_t depth, int64_t ports);

/// A table of constants behind a read register, of contents that nothing is known of.
Cost table_cost(int64_t width, int64_t depth);

/// One of `count` lines of one bit, by a binary number.
double selector_luts(int64_t count);

}  // namespace permloom
