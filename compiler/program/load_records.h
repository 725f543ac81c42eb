/// The records of a load stream, as FORMAT.md lays them out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/program/load_stream.h"

namespace permloom {

/// A record, its rows end to end. It shows words of the stream that it was read from.
struct LoadRecord {
    Section section{};
    size_t layer = 0, stage = 0, first = 0, row_words = 0;
    std::span<const uint32_t> head, rows;

    size_t count() const { return rows.size() / row_words; }
    std::span<const uint32_t> row(size_t index) const {
        return rows.subspan(index * row_words, row_words);
    }
};

/// The records of a whole and well-formed load stream, in its order.
std::vector<LoadRecord> records_of(std::span<const uint32_t> words);

}  // namespace permloom
