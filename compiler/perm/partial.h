/// Partial permutations: only some outputs matter, the others feed devices of value zero.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/perm/circuit.h"
#include "compiler/perm/permutation.h"

namespace permloom {

/// An output that takes whatever is left.
constexpr int32_t DONT_CARE = -1;

/// An injection of some outputs 0..n-1 into the inputs 0..n-1, checked when made.
class PartialPermutation {
  public:
    /// Throws Error unless every entry is DONT_CARE or one of 0..n-1 that occurs once.
    explicit PartialPermutation(std::vector<int32_t> values);
    /// `source` with the outputs that are not `live` left open.
    PartialPermutation(const Permutation& source, std::span<const uint8_t> live);

    int size() const { return static_cast<int>(values_.size()); }
    int32_t operator[](int r) const { return values_[static_cast<size_t>(r)]; }
    std::span<const int32_t> values() const { return values_; }
    /// Outputs that matter.
    int live_count() const;
    /// Whether `source` serves every output that matters.
    bool accepts(const Permutation& source) const;

    bool operator==(const PartialPermutation&) const = default;

  private:
    std::vector<int32_t> values_;
};

/// A permutation that `partial` accepts: an open output takes its own line where that is free, the
/// others take what is left in ascending order. Any circuit routes it.
Permutation complete(const PartialPermutation& partial);

/// A switch network without the switches from which no path leads to an output that matters.
struct PrunedTopology {
    Topology topology;  ///< the same stages with fewer switches
    /// Per stage of the full network, 1 for each switch that is kept.
    std::vector<std::vector<uint8_t>> present;
    int64_t left_out = 0;   ///< switches that are gone, each two multiplexers and a bit
    int64_t one_sided = 0;  ///< kept switches with one useless output: one multiplexer is enough
};

/// `live[r]` is 0 for the outputs that do not matter. For switch networks; asserts that `topology`
/// has no selectors (a selector of a dead output is left out without further thought).
PrunedTopology prune(const Topology& topology, std::span<const uint8_t> live);

/// The bits of the switches that `pruned` keeps, out of bits for the full network. Live outputs get
/// what they get in the full network.
SwitchBits prune_bits(const PrunedTopology& pruned, const SwitchBits& full);

}  // namespace permloom
