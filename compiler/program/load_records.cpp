#include "compiler/program/load_records.h"

namespace permloom {

std::vector<LoadRecord> records_of(std::span<const uint32_t> words) {
    std::vector<LoadRecord> records;
    for (size_t at = LOAD_HEADER_WORDS; words[at] != LOAD_END;) {
        LoadRecord record;
        record.section = static_cast<Section>(words[at] >> 16 & 0xff);
        record.layer = words[at] & 0xffff;
        record.stage = words[at] >> 24;
        record.first = words[at + 1] & 0xffff;
        record.row_words = words[at + 2];
        record.head = words.subspan(at, LOAD_RECORD_WORDS);
        record.rows =
            words.subspan(at + LOAD_RECORD_WORDS, (words[at + 1] >> 16) * record.row_words);
        at += record.head.size() + record.rows.size();
        records.push_back(record);
    }
    return records;
}

}  // namespace permloom
