/// The wiring rows of a load stream, engine by engine: do they realise the sources? Written without
/// the planner and the writer of the stream, so that it can check them.
#pragma once

#include <memory>
#include <vector>

#include "compiler/passes/load_rows.h"
#include "compiler/perm/permutation.h"
#include "compiler/program/chip.h"

namespace permloom {

/// Collects the wiring of one layer from its rows and compares it with the sources at the end.
class WiringCheck {
  public:
    virtual ~WiringCheck() = default;
    virtual Section section() const = 0;
    /// Throws Error for a row that comes twice, is of no place, or has another length.
    virtual void take(const LoadRow& row) = 0;
    /// `sources` of every neuron. Throws Error when a row is missing or wires otherwise.
    virtual void finish(const std::vector<Permutation>& sources) const = 0;
    /// What `b` of neuron `j` grows by when it is loaded.
    virtual int64_t added_bias(size_t /*j*/, const Permutation& /*source*/) const { return 0; }
};

/// `layer`, number `index` of the chip, outlives the check.
std::unique_ptr<WiringCheck> wiring_check(const ChipLayer& layer, size_t index);

}  // namespace permloom
