#include "compiler/perm/switch_text.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/base/rng.h"

using namespace permloom;
using Catch::Contains;

namespace {

std::string text_of(const SwitchBits& bits, SwitchDigits digits) {
    std::string text;
    append_text(bits, digits, text);
    return text;
}

std::vector<uint8_t> bytes_of(const SwitchBits& bits) {
    std::string bytes;
    append_bytes(bits, bytes);
    return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("switch text -- is what the header says") {
    const std::vector<int32_t> widths = {5, 0, 33};
    SwitchBits bits(widths);
    bits.set(0, 0);
    bits.set(0, 3);
    bits.set(2, 32);
    CHECK(text_of(bits, SwitchDigits::bits) == "10010 . " + std::string(32, '0') + "1\n");
    CHECK(text_of(bits, SwitchDigits::hex) == "09 . 100000000\n");
    CHECK(bytes_of(bits) == std::vector<uint8_t>{9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0});
    CHECK(text_of(SwitchBits(), SwitchDigits::hex) == ".\n");
}

TEST_CASE("switch text -- rows of every width come back from all three forms") {
    Rng rng(5);
    for (int32_t width = 0; width <= 70; ++width) {
        const std::vector<int32_t> widths = {width, 3, width};
        SwitchBits bits(widths);
        for (int row = 0; row < 3; ++row)
            for (int i = 0; i < bits.width(row); ++i)
                bits.set(row, i, rng.chance(0.5));
        for (const SwitchDigits digits : {SwitchDigits::bits, SwitchDigits::hex})
            CHECK(parse_switch_bits(text_of(bits, digits), widths, digits) == bits);
        CHECK(bytes_of(bits).size() == switch_byte_count(widths));
        CHECK(switch_bits_from_bytes(bytes_of(bits), widths) == bits);
    }
    CHECK(parse_switch_bits(".", {}, SwitchDigits::bits) == SwitchBits());
    CHECK(parse_switch_bits("", {}, SwitchDigits::bits) == SwitchBits());
    CHECK(parse_switch_bits("F", std::vector<int32_t>{4}, SwitchDigits::hex) ==
          parse_switch_bits("f", std::vector<int32_t>{4}, SwitchDigits::hex));
}

TEST_CASE("switch text -- refuses other shapes, by the row") {
    const std::vector<int32_t> widths = {2, 5};
    const auto bits = [&](const char* line) {
        return parse_switch_bits(line, widths, SwitchDigits::bits);
    };
    CHECK_THROWS_WITH(bits("01"), Contains("row 1 is missing: the circuit has 2 rows"));
    CHECK_THROWS_WITH(bits("01 00000 0"), Contains("row 2 is too many"));
    CHECK_THROWS_WITH(bits("01 0000"), Contains("row 1 has 4 digits for 5 (5 bits)"));
    CHECK_THROWS_WITH(bits("01 00200"), Contains("row 1 has a character at 2"));
    CHECK_THROWS_WITH(bits(". 00000"), Contains("row 0 has 1 digits for 2"));
    const auto hex = [&](const char* line) {
        return parse_switch_bits(line, widths, SwitchDigits::hex);
    };
    CHECK_THROWS_WITH(hex("0 20"), Contains("row 1 sets bit 5 of 5"));
    CHECK_THROWS_WITH(hex("0 0g"), Contains("no hexadecimal digit"));
    CHECK_THROWS_WITH(parse_switch_bits("0", {}, SwitchDigits::bits), Contains("is too many"));
    CHECK_THROWS_WITH(parse_switch_bits(". .", {}, SwitchDigits::bits), Contains("is too many"));
    CHECK_THROWS_WITH(switch_bits_from_bytes(std::vector<uint8_t>{4, 0, 0, 0, 0, 0, 0, 0}, widths),
                      Contains("row 0 sets a bit behind its 2 bits"));
}
