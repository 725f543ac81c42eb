/// Codes of thousands of wirings of one bank at once, on all cores.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/perm/code.h"

namespace permloom {

/// The codes one after the other, each from a byte boundary on: byte for byte what CodeStreamWriter
/// writes.
struct CodedBatch {
    std::vector<uint8_t> bytes;
    std::vector<uint64_t> begin;  ///< first byte of each code, and at the end bytes.size()

    size_t wirings() const { return begin.empty() ? 0 : begin.size() - 1; }
};

/// Encodes each of `sources`. The result does not depend on the number of threads. Throws Error
/// naming the first source that has another size than the bank or is not canonical.
CodedBatch encode_batch(const Code& code, std::span<const Permutation> sources,
                        const DeviceClasses& classes, ThreadPool& pool);

/// Decodes all. Throws Error naming the first code that is not exactly one code and its padding, or
/// when `begin` does not divide the bytes into codes.
std::vector<Permutation> decode_batch(const Code& code, const CodedBatch& batch,
                                      const DeviceClasses& classes, ThreadPool& pool);

}  // namespace permloom
