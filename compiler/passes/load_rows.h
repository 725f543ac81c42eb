/// The rows of a load stream, read back as compiler/program/FORMAT.md lays them out. Independent of
/// the writer, so that it can check it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/program/load_stream.h"

namespace permloom {

struct LoadRow {
    Section section = Section::switches;
    int layer = 0, stage = 0, neuron = 0;
    std::span<const uint32_t> words;  ///< into the stream
};

struct LoadRecord {
    std::vector<LoadRow> rows;
    size_t words = 0;  ///< with its three header words
};

/// Throws Error when the stream is not well-formed: magic, version, lengths, end marker, CRC.
std::vector<LoadRecord> read_load_records(std::span<const uint32_t> stream);

}  // namespace permloom
