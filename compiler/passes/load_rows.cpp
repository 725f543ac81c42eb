#include "compiler/passes/load_rows.h"

#include <fmt/format.h>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"

namespace permloom {
namespace {

constexpr uint32_t VERSION_MASK = 0xff0000ff;  ///< of word 1: version and the reserved byte
constexpr size_t HEADER_WORDS = LOAD_HEADER_WORDS, RECORD_WORDS = LOAD_RECORD_WORDS;
constexpr size_t TRAILER_WORDS = 2;  ///< end marker, CRC

[[noreturn]] void malformed(size_t word, const std::string& problem) {
    throw Error("load stream", fmt::format("word {}: {}", word, problem));
}

}  // namespace

std::vector<LoadRecord> read_load_records(std::span<const uint32_t> stream) {
    if (stream.size() < HEADER_WORDS + TRAILER_WORDS) malformed(stream.size(), "truncated");
    if (stream[0] != LOAD_MAGIC) malformed(0, "wrong magic");
    if ((stream[1] & VERSION_MASK) != LOAD_VERSION) malformed(1, "wrong version");
    const size_t end = stream.size() - TRAILER_WORDS;

    std::vector<LoadRecord> records;
    size_t at = HEADER_WORDS;
    while (at < end) {
        if (end - at < RECORD_WORDS) malformed(at, "truncated record");
        const uint32_t what = stream[at], which = stream[at + 1], row_words = stream[at + 2];
        const uint32_t section = (what >> 16) & 0xff, count = which >> 16;
        if (section < 1 || section > 8) malformed(at, fmt::format("unknown section {}", section));
        if (count == 0 || row_words == 0 || row_words > 0xffff) malformed(at, "empty record");
        LoadRecord record;
        record.words = RECORD_WORDS + size_t{count} * row_words;
        if (end - at < record.words) malformed(at, "truncated record");
        for (uint32_t i = 0; i < count; ++i) {
            LoadRow row;
            row.section = static_cast<Section>(section);
            row.layer = static_cast<int>(what & 0xffff);
            row.stage = static_cast<int>(what >> 24);
            row.neuron = static_cast<int>((which & 0xffff) + i);
            row.words = stream.subspan(at + RECORD_WORDS + size_t{i} * row_words, row_words);
            record.rows.push_back(row);
        }
        at += record.words;
        records.push_back(std::move(record));
    }
    if (stream[end] != LOAD_END) malformed(end, "no end marker");
    if (stream[end + 1] != crc32_of_words(stream.first(end + 1))) malformed(end + 1, "wrong CRC");
    return records;
}

}  // namespace permloom
