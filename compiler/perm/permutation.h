/// Permutations and the one direction convention of the project.
///
/// Gather everywhere: `out[r] = in[p[r]]`. With p = {2, 0, 3, 1}:
///
///     in   a b c d
///     out  c a d b      out[0] = in[2], out[1] = in[0], ...
///
/// In a bank, `p` is `source`: slot r is wired to input line p[r].
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/base/rng.h"

namespace permloom {

/// A bijection on 0..n-1, checked when made.
class Permutation {
  public:
    Permutation() = default;
    /// Throws Error unless `values` holds each of 0..n-1 once.
    explicit Permutation(std::vector<int32_t> values);
    static Permutation identity(int n);
    static Permutation random(int n, Rng& rng);

    int size() const { return static_cast<int>(values_.size()); }
    int32_t operator[](int r) const { return values_[static_cast<size_t>(r)]; }
    std::span<const int32_t> values() const { return values_; }
    Permutation inverse() const;

    bool operator==(const Permutation&) const = default;

  private:
    std::vector<int32_t> values_;
};

/// Device classes of a bank: slots whose devices are equal, hence interchangeable. `slots` of one
/// class are contiguous because a bank is sorted by value.
struct DeviceClasses {
    std::vector<int32_t> of_slot;  ///< class of each slot, ascending: 0,0,..,1,1,..,count-1
    int count = 0;

    int slots() const { return static_cast<int>(of_slot.size()); }
    /// Number of slots of each class.
    std::vector<int32_t> sizes() const;
};

/// Classes of a sorted bank: equal neighbours share a class.
DeviceClasses classes_of(std::span<const int32_t> sorted_devices);
/// Classes of these sizes, each at least 1.
DeviceClasses classes_of_sizes(std::span<const int32_t> sizes);

/// The same wiring with the lines of each class in ascending order: the one representative of all
/// permutations that compute the same function on these devices.
Permutation canonical(const Permutation& source, const DeviceClasses& classes);

/// Whether canonical() would change nothing.
bool is_canonical(const Permutation& source, const DeviceClasses& classes);

/// log2(m!), the information in a permutation of m entries.
double log2_factorial(int m);

/// log2 of the number of distinct wirings, log2(n! / prod m_l!).
double wiring_bound_bits(const DeviceClasses& classes);

}  // namespace permloom
