/// The looping algorithm for Benes and AS-Waksman networks of any width (Opferman and Tsao-Wu, "On
/// a class of rearrangeable switching networks", 1971; Beauquier and Darrot, 2002, for odd blocks).
///
/// At every level an output that takes the upper half makes its input take it, so that input's
/// partner takes the lower half, so the output that wants that one too, whose partner takes the
/// upper half again, and so on until the loop closes. Both networks get the same bits: the switches
/// that an AS-Waksman network leaves out are those that this router always sets straight.
///
/// Loops are chains of dependent loads. Independent ones (other blocks, other permutations) are
/// walked in turns, so that they wait together; the last levels are done in vectors
/// (exchange_kernels.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/perm/circuit.h"
#include "compiler/perm/permutation.h"

namespace permloom {

enum class ExchangeNetwork { benes, as_waksman };

/// Work space and constants for networks of `lines` lines. Not for use by two threads at once.
class ExchangeRouter {
  public:
    /// Permutations to route together for the best speed at some hundred lines.
    static constexpr int GOOD_BATCH = 8;

    /// Up to `batch` permutations are routed at a time.
    ExchangeRouter(ExchangeNetwork network, int lines, int batch = 1);
    ~ExchangeRouter();
    ExchangeRouter(ExchangeRouter&&) noexcept;
    ExchangeRouter& operator=(ExchangeRouter&&) noexcept;

    int lines() const;
    int batch() const;
    /// Routes one permutation of `lines` lines into `bits`, which is shaped anew if its shape is
    /// another.
    void route(const Permutation& source, SwitchBits& bits);
    /// The same for up to `batch` permutations at once.
    void route(std::span<const Permutation> sources, std::span<SwitchBits> bits);

  private:
    class Workspace;
    std::unique_ptr<Workspace> workspace_;
};

/// Routes all of `sources`, which have one size, on the threads of `pool`.
std::vector<SwitchBits> route_exchange_batch(ExchangeNetwork network,
                                             std::span<const Permutation> sources,
                                             ThreadPool& pool);

}  // namespace permloom
