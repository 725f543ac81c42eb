#include "compiler/program/patch.h"

#include <algorithm>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/program/load_records.h"

namespace permloom {
namespace {

/// Adds the rows of `wanted` that differ from those of `held` as records. Equal rows between two
/// that differ come along where they are shorter than the head of another record.
void put_difference(const LoadRecord& held, const LoadRecord& wanted, Patch& patch) {
    const auto differs = [&](size_t row) {
        return !std::ranges::equal(held.row(row), wanted.row(row));
    };
    const size_t bridge = LOAD_RECORD_WORDS / wanted.row_words;
    for (size_t first = 0; first < wanted.count(); ++first) {
        if (!differs(first)) continue;
        size_t end = first + 1;
        for (size_t row = end; row < wanted.count() && row <= end + bridge; ++row)
            if (differs(row)) end = row + 1;
        const auto rows =
            wanted.rows.subspan(first * wanted.row_words, (end - first) * wanted.row_words);
        patch.words.push_back(wanted.head[0]);
        patch.words.push_back(static_cast<uint32_t>(wanted.first + first) |
                              static_cast<uint32_t>(end - first) << 16);
        patch.words.push_back(wanted.head[2]);
        patch.words.insert(patch.words.end(), rows.begin(), rows.end());
        patch.rows += end - first;
        first = end - 1;
    }
}

}  // namespace

Patch make_patch(const LoadStream& held, const LoadStream& wanted, uint32_t base) {
    // Magic word, version and context, fingerprint.
    PERMLOOM_ASSERT(std::equal(held.words.begin(), held.words.begin() + 4, wanted.words.begin()));
    Patch patch;
    patch.words.assign(wanted.words.begin(), wanted.words.begin() + LOAD_HEADER_WORDS);
    patch.words[1] |= LOAD_PATCH;
    patch.words[4] = base;
    const std::vector<LoadRecord> before = records_of(held.words), after = records_of(wanted.words);
    PERMLOOM_ASSERT(before.size() == after.size());
    for (size_t i = 0; i < after.size(); ++i)
        put_difference(before[i], after[i], patch);
    if (patch.rows == 0)
        throw Error("patch", "the two configurations load the same rows",
                    "there is nothing to change in the chip");
    patch.words.push_back(LOAD_END);
    patch.words.push_back(crc32_of_words(patch.words));
    return patch;
}

}  // namespace permloom
