/// encode: canonical wiring -> the bits that a configuration stores.
///
/// Every code is tried on every layer and its size reported; the smallest of lehmer, level-map and
/// multiset is kept unless one is asked for (`index` is a baseline and never chosen by itself):
///
///     before   bank 0 1 1 1   source  c a b d
///     after    level-map  a:1 b:1 c:0 d:1         4 bits
///              multiset   which one of 4 lines    2 bits   <- kept
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/passes/place.h"

namespace permloom {

struct EncodeOptions {
    std::string code = "auto";  ///< auto, or the name of a code for every layer
    bool fabricated = false;    ///< for a fabricated copy: no two devices are equal
};

struct EncodedLayer {
    std::string code;              ///< the code chosen
    std::vector<uint8_t> payload;  ///< all neurons, one bit string
    uint64_t wiring_bits = 0;
    std::map<std::string, uint64_t> bits_by_code;  ///< what each code would have needed
    double wiring_bound = 0.0;  ///< log2 of the number of distinct wirings, all neurons
};

/// Throws Error when `options.code` is neither auto nor a known code.
std::vector<EncodedLayer> encode(const Chip& chip, const Sources& canonical_sources,
                                 const EncodeOptions& options = {});

}  // namespace permloom
