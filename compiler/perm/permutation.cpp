#include "compiler/perm/permutation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/base/error.h"

namespace permloom {

namespace {

[[noreturn]] void throw_not_a_bijection(std::span<const int32_t> values) {
    std::vector<bool> seen(values.size(), false);
    for (size_t r = 0; r < values.size(); ++r) {
        const int32_t value = values[r];
        if (value < 0 || static_cast<size_t>(value) >= values.size())
            throw Error("permutation", "entry " + std::to_string(r) + " is " +
                                           std::to_string(value) + ", outside 0.." +
                                           std::to_string(values.size() - 1));
        if (seen[static_cast<size_t>(value)])
            throw Error("permutation", "the value " + std::to_string(value) +
                                           " occurs twice, the second time at entry " +
                                           std::to_string(r));
        seen[static_cast<size_t>(value)] = true;
    }
    PERMLOOM_ASSERT(false);
}

}  // namespace

Permutation::Permutation(std::vector<int32_t> values) : values_(std::move(values)) {
    // n values below n that never repeat: one bit each.
    std::vector<uint64_t> seen(values_.size() / 64 + 1, 0);
    for (const int32_t value : values_) {
        if (static_cast<uint32_t>(value) >= values_.size()) throw_not_a_bijection(values_);
        uint64_t& word = seen[static_cast<uint32_t>(value) / 64];
        const uint64_t bit = uint64_t{1} << (static_cast<uint32_t>(value) % 64);
        if ((word & bit) != 0) throw_not_a_bijection(values_);
        word |= bit;
    }
}

Permutation Permutation::identity(int n) {
    Permutation p;
    p.values_.resize(static_cast<size_t>(n));
    std::iota(p.values_.begin(), p.values_.end(), 0);
    return p;
}

Permutation Permutation::random(int n, Rng& rng) {
    Permutation p = identity(n);
    rng.shuffle(std::span(p.values_));
    return p;
}

Permutation Permutation::inverse() const {
    Permutation p;
    p.values_.resize(values_.size());
    for (int r = 0; r < size(); ++r)
        p.values_[static_cast<size_t>((*this)[r])] = r;
    return p;
}

std::vector<int32_t> DeviceClasses::sizes() const {
    std::vector<int32_t> result(static_cast<size_t>(count), 0);
    for (size_t begin = 0, r = 1; r <= of_slot.size(); ++r) {
        if (r < of_slot.size() && of_slot[r] == of_slot[begin]) continue;
        result[static_cast<size_t>(of_slot[begin])] = static_cast<int32_t>(r - begin);
        begin = r;
    }
    return result;
}

DeviceClasses classes_of(std::span<const int32_t> sorted_devices) {
    PERMLOOM_ASSERT(std::is_sorted(sorted_devices.begin(), sorted_devices.end()));
    DeviceClasses classes;
    classes.of_slot.reserve(sorted_devices.size());
    for (size_t r = 0; r < sorted_devices.size(); ++r) {
        if (r == 0 || sorted_devices[r] != sorted_devices[r - 1]) ++classes.count;
        classes.of_slot.push_back(classes.count - 1);
    }
    return classes;
}

DeviceClasses classes_of_sizes(std::span<const int32_t> sizes) {
    DeviceClasses classes;
    for (const int32_t size : sizes) {
        PERMLOOM_ASSERT(size >= 1);
        classes.of_slot.insert(classes.of_slot.end(), static_cast<size_t>(size), classes.count++);
    }
    return classes;
}

Permutation canonical(const Permutation& source, const DeviceClasses& classes) {
    PERMLOOM_ASSERT(source.size() == classes.slots());
    std::vector<int32_t> values(source.values().begin(), source.values().end());
    for (size_t begin = 0; begin < values.size();) {
        size_t end = begin;
        while (end < values.size() && classes.of_slot[end] == classes.of_slot[begin])
            ++end;
        std::sort(values.begin() + static_cast<std::ptrdiff_t>(begin),
                  values.begin() + static_cast<std::ptrdiff_t>(end));
        begin = end;
    }
    return Permutation(std::move(values));
}

bool is_canonical(const Permutation& source, const DeviceClasses& classes) {
    PERMLOOM_ASSERT(source.size() == classes.slots());
    const std::span<const int32_t> lines = source.values();
    // No branch on the lines: it would be taken at random.
    bool ascending = true;
    for (size_t r = 1; r < lines.size(); ++r)
        ascending &= (lines[r] > lines[r - 1]) | (classes.of_slot[r] != classes.of_slot[r - 1]);
    return ascending;
}

double log2_factorial(int m) {
    double sum = 0.0;
    for (int i = 2; i <= m; ++i)
        sum += std::log2(i);
    return sum;
}

double wiring_bound_bits(const DeviceClasses& classes) {
    double bits = log2_factorial(classes.slots());
    for (const int32_t size : classes.sizes())
        bits -= log2_factorial(size);
    return bits;
}

}  // namespace permloom
