/// The decoders against the codes of compiler/perm.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>

#include "compiler/base/error.h"
#include "compiler/perm/code.h"
#include "tests/rtl/bench.h"

using namespace permloom;
using test::Row;
using test::simulate;

namespace {

/// A decoder with what it is built for.
struct Decoder {
    const char* code;
    DeviceClasses classes;
    bool factorial() const { return code == std::string("factorial-stream"); }
    int lines() const { return classes.slots(); }
    int word_count() const {
        int bits = 0;
        if (factorial())
            for (int i = 1; i < lines(); ++i)
                bits += ceil_log2(static_cast<uint64_t>(i) + 1);
        else
            bits = lines() * ceil_log2(static_cast<uint64_t>(classes.count));
        return (bits + 31) / 32;
    }
    /// The formula of the head comment of the cell.
    int done_after() const {
        if (factorial())
            return lines() == 1 ? 1 : 2 * lines() + (test::index_bits(lines()) + 7) / 8 + 2;
        return lines() + (classes.count == 1 ? 1 : 2);
    }
    /// `pl_level_map_decoder`'s STARTS.
    std::string starts() const {
        const int count_bits = ceil_log2(static_cast<uint64_t>(lines()) + 1);
        Row row;
        int first = 0;
        for (const int32_t size : classes.sizes()) {
            row.put(static_cast<uint64_t>(first), count_bits);
            first += size;
        }
        return fmt::format("{}'h{}", row.bit_count(), row.hex());
    }
};

using Bytes = std::vector<uint8_t>;

Bytes encode(const Decoder& decoder, const Permutation& source) {
    BitWriter out;
    code_named(decoder.code).encode(source, decoder.classes, out);
    return out.take();
}

/// The permutation, or none where the code is malformed.
std::optional<Permutation> decode(const Decoder& decoder, const Bytes& code) {
    try {
        BitReader in(code);
        return code_named(decoder.code).decode(decoder.classes, in);
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// Runs the codes through the hardware and compares with what the library makes of them.
std::string run(const Decoder& decoder, const std::vector<Bytes>& codes, int stall) {
    std::string words, rows;
    for (const Bytes& code : codes) {
        for (int w = 0; w < decoder.word_count(); ++w) {
            uint32_t word = 0;
            for (size_t i = 0; i < 4; ++i) {
                const size_t at = 4 * static_cast<size_t>(w) + i;
                if (at < code.size()) word |= static_cast<uint32_t>(code[at]) << (8 * i);
            }
            words += fmt::format("{:08x}\n", word);
        }
        const std::optional<Permutation> source = decode(decoder, code);
        Row row;
        for (int slot = 0; slot < decoder.lines(); ++slot)
            row.put(source ? static_cast<uint64_t>((*source)[slot]) : 0,
                    test::index_bits(decoder.lines()));
        row.put(source ? 0 : 1, 1);
        rows += row.hex() + "\n";
    }
    words += "ffffffff\n";
    return simulate({.top = "decoder_tb",
                     .parameters = {{"FACTORIAL", decoder.factorial() ? 1 : 0},
                                    {"LINES", decoder.lines()},
                                    {"CLASSES", decoder.classes.count},
                                    {"WORDS", decoder.word_count()},
                                    {"ITEMS", static_cast<int>(codes.size())},
                                    {"STALL", stall},
                                    {"DONE_AFTER", decoder.done_after()}},
                     .macros = {{"STARTS", decoder.starts()}},
                     .files = {{"codes.hex", words}, {"rows.hex", rows}}});
}

std::string pass(size_t items) {
    return fmt::format("PASS {}\n", items);
}

DeviceClasses classes_of_sizes(const std::vector<int>& sizes) {
    DeviceClasses classes;
    for (const int size : sizes)
        classes.of_slot.insert(classes.of_slot.end(), static_cast<size_t>(size), classes.count++);
    return classes;
}

Decoder factorial(int lines) {
    return {"factorial-stream", classes_of_sizes(std::vector<int>(static_cast<size_t>(lines), 1))};
}

/// Every string of as many bits as a code of `decoder` has.
std::vector<Bytes> every_string(int bits) {
    std::vector<Bytes> all;
    for (uint32_t value = 0; value < 1U << bits; ++value) {
        BitWriter out;
        out.put(value, bits);
        all.push_back(out.take());
    }
    return all;
}

std::vector<Bytes> random_codes(const Decoder& decoder, int count, Rng& rng) {
    std::vector<Bytes> codes;
    for (int i = 0; i < count; ++i)
        codes.push_back(
            encode(decoder, canonical(Permutation::random(decoder.lines(), rng), decoder.classes)));
    return codes;
}

/// Half of the codes with one bit changed, which most of them do not survive.
void damage(std::vector<Bytes>& codes, Rng& rng) {
    for (size_t i = 0; i < codes.size(); i += 2) {
        const uint64_t bit = rng.below(8 * codes[i].size());
        codes[i][bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
    }
}

}  // namespace

TEST_CASE("pl_factorial_decoder -- every string of bits, permutation or malformed, to six lines") {
    const std::vector<int> bits_of = {0, 0, 1, 3, 5, 8, 11};
    for (int lines = 1; lines <= 6; ++lines) {
        const std::vector<Bytes> codes = every_string(bits_of[static_cast<size_t>(lines)]);
        const Decoder decoder = factorial(lines);
        INFO(lines << " lines");
        const auto valid = std::count_if(codes.begin(), codes.end(), [&](const Bytes& code) {
            return decode(decoder, code).has_value();
        });
        CHECK(valid == std::vector<int>{1, 1, 2, 6, 24, 120, 720}[static_cast<size_t>(lines)]);
        for (const int stall : {0, 1})
            CHECK(run(decoder, codes, stall) == pass(codes.size()));
    }
}

TEST_CASE("pl_factorial_decoder -- random permutations and damaged codes, with gaps and without") {
    Rng rng(3);
    for (const int lines : {7, 32, 33, 100, 300, 784}) {
        const Decoder decoder = factorial(lines);
        std::vector<Bytes> codes = random_codes(decoder, lines < 784 ? 12 : 3, rng);
        damage(codes, rng);
        for (const int stall : {0, 1}) {
            INFO(lines << " lines, stall " << stall);
            CHECK(run(decoder, codes, stall) == pass(codes.size()));
        }
    }
}

TEST_CASE("pl_factorial_decoder -- 1572 cycles for 784 lines") {
    CHECK(factorial(784).done_after() == 1572);
}

TEST_CASE("pl_level_map_decoder -- every string of bits, wiring or malformed, of small classes") {
    for (const std::vector<int>& sizes : std::vector<std::vector<int>>{
             {1}, {5}, {1, 1}, {3, 2}, {4, 4}, {1, 2, 1}, {2, 2, 1, 0}, {2, 1, 1, 1}}) {
        const Decoder decoder{"level-map", classes_of_sizes(sizes)};
        const std::vector<Bytes> codes =
            every_string(decoder.lines() * ceil_log2(static_cast<uint64_t>(decoder.classes.count)));
        for (const int stall : {0, 1}) {
            INFO(fmt::format("{} lines, {} classes, stall {}", decoder.lines(),
                             decoder.classes.count, stall));
            CHECK(run(decoder, codes, stall) == pass(codes.size()));
        }
    }
}

TEST_CASE("pl_level_map_decoder -- random wirings and damaged codes, with gaps and without") {
    Rng rng(4);
    for (const std::vector<int>& sizes : std::vector<std::vector<int>>{{50, 50},
                                                                       {31, 2},
                                                                       {32, 32},
                                                                       {20, 40, 40},
                                                                       {7, 9, 11, 13, 15},
                                                                       std::vector<int>(17, 3),
                                                                       std::vector<int>(260, 1)}) {
        const Decoder decoder{"level-map", classes_of_sizes(sizes)};
        std::vector<Bytes> codes = random_codes(decoder, sizes.size() < 100 ? 12 : 2, rng);
        damage(codes, rng);
        for (const int stall : {0, 1}) {
            INFO(fmt::format("{} lines, {} classes, stall {}", decoder.lines(),
                             decoder.classes.count, stall));
            CHECK(run(decoder, codes, stall) == pass(codes.size()));
        }
    }
}
