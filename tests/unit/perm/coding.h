/// Wirings, their codes and class shapes, for the tests of codes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "compiler/perm/code.h"

namespace permloom::test {

/// Classes of the given sizes, in this order.
inline DeviceClasses classes_of_sizes(const std::vector<int>& sizes) {
    DeviceClasses classes;
    for (const int size : sizes) {
        classes.of_slot.insert(classes.of_slot.end(), static_cast<size_t>(size), classes.count);
        ++classes.count;
    }
    return classes;
}

/// Every sequence of class sizes that sum to n.
inline std::vector<std::vector<int>> all_shapes(int n) {
    std::vector<std::vector<int>> shapes;
    for (uint32_t cuts = 0; cuts < uint32_t{1} << (n - 1); ++cuts) {
        std::vector<int> sizes = {1};
        for (int i = 0; i + 1 < n; ++i)
            if ((cuts >> i & 1) != 0)
                sizes.push_back(1);
            else
                ++sizes.back();
        shapes.push_back(std::move(sizes));
    }
    return shapes;
}

/// Calls visit(permutation) for every permutation of n entries, in lexicographic order.
template <class Visit>
void for_each_permutation(int n, Visit visit) {
    std::vector<int32_t> values(static_cast<size_t>(n));
    std::iota(values.begin(), values.end(), 0);
    do
        visit(Permutation(values));
    while (std::next_permutation(values.begin(), values.end()));
}

/// Every distinct canonical wiring, each once.
inline std::vector<Permutation> all_wirings(const DeviceClasses& classes) {
    std::vector<Permutation> wirings;
    for_each_permutation(classes.slots(), [&](const Permutation& p) {
        if (is_canonical(p, classes)) wirings.push_back(p);
    });
    return wirings;
}

struct Coded {
    std::vector<uint8_t> bytes;
    uint64_t bits = 0;
    auto operator<=>(const Coded&) const = default;
};

inline Coded encode(const Code& code, const Permutation& p, const DeviceClasses& classes) {
    BitWriter out;
    code.encode(p, classes, out);
    const uint64_t bits = out.bit_count();
    return {out.take(), bits};
}

}  // namespace permloom::test
