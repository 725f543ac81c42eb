/// Stored images and their answers, as the testbenches of emitted designs read them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/emit/rtl_design.h"
#include "compiler/program/chip.h"

namespace permloom {

/// Stored stimulus and what a bit-exact model answers; the caller computes it.
struct EmitVectors {
    std::vector<std::vector<uint16_t>> codes;  ///< images x pixels
    std::vector<std::vector<int64_t>> logits;  ///< images x outputs
    std::vector<int> labels;                   ///< images
};

/// "pixels.hex", the beats of all images on the pixel stream, and "expected.hex", the words of all
/// results: logits, then the label. Throws Error when there are no images.
std::vector<EmittedFile> vector_files(const Chip& chip, const EmitVectors& vectors);

/// 32-bit words as $readmemh reads them, one a line.
std::string hex_words(std::span<const uint32_t> words);

}  // namespace permloom
