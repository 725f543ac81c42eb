#include "compiler/perm/permutation_text.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "compiler/base/error.h"

namespace permloom {
namespace {

constexpr std::string_view BLANKS = " \t\r\n\v\f";
constexpr size_t SHOWN_CHARACTERS = 24;

/// What a message shows of a word that is no number: it may be anything, of any length.
std::string shown(std::string_view word) {
    std::string text;
    for (const char c : word.substr(0, SHOWN_CHARACTERS))
        text += c >= ' ' && c <= '~' ? c : '?';
    return "'" + text + (word.size() > SHOWN_CHARACTERS ? "...'" : "'");
}

int32_t parse_entry(std::string_view word, size_t index) {
    if (word == "-" || word == "x") return DONT_CARE;
    int32_t value = 0;
    const char* end = word.data() + word.size();
    const auto [stop, code] = std::from_chars(word.data(), end, value);
    if (code != std::errc{} || stop != end || value < 0)
        throw Error(
            "permutation",
            "entry " + std::to_string(index) + " is " + shown(word) + ", not a number from 0 on",
            word.find(',') == std::string_view::npos ? "" : "separate the entries by blanks");
    return value;
}

/// T(entries), with a hint for those who count from 1.
template <class T>
T checked(std::vector<int32_t> entries) {
    const auto n = static_cast<int32_t>(entries.size());
    const bool from_one =
        n > 0 && std::ranges::find(entries, 0) == entries.end() && std::ranges::max(entries) == n;
    try {
        return T(std::move(entries));
    } catch (const Error& error) {
        if (!from_one) throw;
        throw Error(error.where(), error.problem(), "entries count from 0, not from 1");
    }
}

}  // namespace

std::vector<int32_t> parse_entries(std::string_view line) {
    std::vector<int32_t> entries;
    for (size_t at = line.find_first_not_of(BLANKS); at != std::string_view::npos;) {
        const size_t end = std::min(line.find_first_of(BLANKS, at), line.size());
        entries.push_back(parse_entry(line.substr(at, end - at), entries.size()));
        at = line.find_first_not_of(BLANKS, end);
    }
    return entries;
}

std::vector<int32_t> entries_from_bytes(std::span<const uint8_t> bytes) {
    PERMLOOM_ASSERT(bytes.size() % 4 == 0);
    std::vector<int32_t> entries;
    entries.reserve(bytes.size() / 4);
    for (size_t at = 0; at < bytes.size(); at += 4) {
        const uint32_t value = uint32_t{bytes[at]} | uint32_t{bytes[at + 1]} << 8 |
                               uint32_t{bytes[at + 2]} << 16 | uint32_t{bytes[at + 3]} << 24;
        const auto entry = std::bit_cast<int32_t>(value);
        if (entry < DONT_CARE)
            throw Error("permutation", "entry " + std::to_string(entries.size()) + " is " +
                                           std::to_string(value) + ", too large");
        entries.push_back(entry);
    }
    return entries;
}

Permutation permutation_of(std::vector<int32_t> entries) {
    const auto any = std::ranges::find(entries, DONT_CARE);
    if (any != entries.end())
        throw Error("permutation",
                    "entry " + std::to_string(any - entries.begin()) + " does not matter",
                    "a permutation names the input of every output; only a router completes it");
    return checked<Permutation>(std::move(entries));
}

PartialPermutation partial_permutation_of(std::vector<int32_t> entries) {
    return checked<PartialPermutation>(std::move(entries));
}

void append_text(std::span<const int32_t> entries, std::string& out) {
    char digits[16];
    for (size_t i = 0; i < entries.size(); ++i) {
        if (i > 0) out += ' ';
        if (entries[i] == DONT_CARE) {
            out += '-';
            continue;
        }
        const auto [end, code] = std::to_chars(std::begin(digits), std::end(digits), entries[i]);
        out.append(std::begin(digits), end);
    }
    out += '\n';
}

void append_bytes(std::span<const int32_t> entries, std::string& out) {
    for (const int32_t entry : entries)
        for (int shift = 0; shift < 32; shift += 8)
            out += static_cast<char>(static_cast<uint32_t>(entry) >> shift & 0xffU);
}

}  // namespace permloom
