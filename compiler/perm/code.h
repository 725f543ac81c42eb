/// Codes of one wiring: how a source permutation becomes bits in a configuration.
///
/// Each code is one file with one entry point returning its Code; `codes.cpp` lists them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/base/bits.h"
#include "compiler/perm/lehmer.h"
#include "compiler/perm/permutation.h"

namespace permloom {

/// A code of one bank's wiring. Every code forgets the order of lines inside a device class except
/// where the classes are single devices; what it returns from `decode` is canonical.
class Code {
  public:
    virtual ~Code() = default;
    virtual std::string_view name() const = 0;
    /// Appends the code of `source`, which must be canonical under `classes`.
    virtual void encode(const Permutation& source, const DeviceClasses& classes,
                        BitWriter& out) const = 0;
    /// Reads one code. Throws Error on anything that `encode` cannot have written: a digit out of
    /// range, wrong counts, a repeated index, a truncated code.
    virtual Permutation decode(const DeviceClasses& classes, BitReader& in) const = 0;
    /// No code of a wiring of these devices has more bits.
    virtual uint64_t max_bits(const DeviceClasses& classes) const = 0;
};

std::unique_ptr<Code> make_lehmer_code();            ///< greedy radix groups of the Lehmer digits
std::unique_ptr<Code> make_level_map_code();         ///< ceil(log2 L) bits per line
std::unique_ptr<Code> make_multiset_code();          ///< exact adaptive range coding of the classes
std::unique_ptr<Code> make_lehmer_dense_code();      ///< range coding of the Lehmer digits
std::unique_ptr<Code> make_factorial_stream_code();  ///< digits that hardware decodes in 2n steps
std::unique_ptr<Code> make_index_code();             ///< the plain list, ceil(log2 n) bits per slot

/// All codes in a fixed order: lehmer, level-map, multiset, lehmer-dense, factorial-stream, index.
const std::vector<std::unique_ptr<Code>>& all_codes();
/// Throws Error with the known names when `name` is none of them.
const Code& code_named(std::string_view name);

}  // namespace permloom
