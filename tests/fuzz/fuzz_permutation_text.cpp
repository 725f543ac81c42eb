#include <string>
#include <string_view>

#include "compiler/perm/permutation_text.h"
#include "tests/fuzz/fuzz.h"

using namespace permloom;

/// Entries from a line or from bytes: what is accepted is written and read again as the same.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    fuzz::Input input(data, size);
    const bool binary = (input.byte() & 1) != 0;
    const std::span<const uint8_t> rest = input.rest();
    try {
        const std::vector<int32_t> entries =
            binary ? entries_from_bytes(rest.first(rest.size() / 4 * 4))
                   : parse_entries({reinterpret_cast<const char*>(rest.data()), rest.size()});
        const PartialPermutation partial = partial_permutation_of(entries);
        std::string text, bytes;
        append_text(partial.values(), text);
        append_bytes(partial.values(), bytes);
        fuzz::require(parse_entries(text) == entries, "text comes back");
        const std::span written(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
        fuzz::require(entries_from_bytes(written) == entries, "bytes come back");
        fuzz::require(partial.accepts(complete(partial)), "a completion serves what matters");
        if (partial.live_count() == partial.size())
            fuzz::require(complete(partial) == permutation_of(entries), "nothing to complete");
    } catch (const Error&) {
        return 0;
    }
    return 0;
}
