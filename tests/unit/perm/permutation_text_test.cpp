#include "compiler/perm/permutation_text.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "compiler/base/error.h"

using namespace permloom;
using Catch::Contains;

namespace {

std::string text_of(const std::vector<int32_t>& entries) {
    std::string text;
    append_text(entries, text);
    return text;
}

std::vector<uint8_t> bytes_of(const std::vector<int32_t>& entries) {
    std::string bytes;
    append_bytes(entries, bytes);
    return {bytes.begin(), bytes.end()};
}

std::string hint_of(std::vector<int32_t> entries) {
    try {
        permutation_of(std::move(entries));
    } catch (const Error& error) {
        return error.hint();
    }
    return "no error";
}

}  // namespace

TEST_CASE("permutation text -- every permutation to n = 6 comes back from text and bytes") {
    for (int n = 1; n <= 6; ++n) {
        std::vector<int32_t> entries(static_cast<size_t>(n));
        std::iota(entries.begin(), entries.end(), 0);
        bool good = true;
        do {
            good = good && parse_entries(text_of(entries)) == entries &&
                   entries_from_bytes(bytes_of(entries)) == entries &&
                   permutation_of(entries) == Permutation(entries);
        } while (std::next_permutation(entries.begin(), entries.end()));
        CHECK(good);
    }
}

TEST_CASE("permutation text -- is written one way and read with any blanks") {
    CHECK(text_of({2, 0, DONT_CARE, 1}) == "2 0 - 1\n");
    CHECK(text_of({}) == "\n");
    CHECK(parse_entries("\t 2  0\tx 1 - \r") ==
          std::vector<int32_t>{2, 0, DONT_CARE, 1, DONT_CARE});
    CHECK(parse_entries(" \t").empty());
    CHECK(parse_entries("2147483647") == std::vector<int32_t>{2147483647});
    CHECK(bytes_of({1, 258, DONT_CARE}) ==
          std::vector<uint8_t>{1, 0, 0, 0, 2, 1, 0, 0, 255, 255, 255, 255});
}

TEST_CASE("permutation text -- refuses what is no entry, by its number") {
    for (const char* line :
         {"0 a", "0 1.0", "0 +1", "0 0x1", "0 -1", "0 2147483648", "0 --", "0 xx", "0 1-"})
        CHECK_THROWS_WITH(parse_entries(line), Contains("entry 1 is '"));
    CHECK_THROWS_WITH(parse_entries("[0,"), Contains("separate the entries by blanks"));
    CHECK_THROWS_WITH(entries_from_bytes(std::vector<uint8_t>{0, 0, 0, 0, 254, 255, 255, 255}),
                      Contains("entry 1 is 4294967294, too large"));
}

TEST_CASE("permutation text -- a hint for those who count from 1, and for them alone") {
    CHECK(hint_of({2, 1, 3}) == "entries count from 0, not from 1");
    CHECK(hint_of({1}) == "entries count from 0, not from 1");
    CHECK(hint_of({0, 1, 3}).empty());
    CHECK(hint_of({4, 1, 2}).empty());
    CHECK(hint_of({0, 0}).empty());
    CHECK_THROWS_WITH(permutation_of({0, DONT_CARE}), Contains("entry 1 does not matter"));
}
