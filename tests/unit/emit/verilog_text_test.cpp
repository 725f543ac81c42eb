#include "compiler/emit/verilog_text.h"

#include <catch2/catch.hpp>
#include <vector>

#include "compiler/base/rng.h"

using namespace permloom;

namespace {

/// Reads a value back out of hexadecimal digits, bit by bit.
int32_t unpack(const std::string& hex, size_t index, int bits) {
    uint32_t value = 0;
    for (int i = 0; i < bits; ++i) {
        const size_t bit = index * static_cast<size_t>(bits) + static_cast<size_t>(i);
        const char digit = hex[hex.size() - 1 - bit / 4];
        const int nibble = digit <= '9' ? digit - '0' : digit - 'a' + 10;
        value |= static_cast<uint32_t>(nibble >> (bit % 4) & 1) << i;
    }
    const uint32_t sign = uint32_t{1} << (bits - 1);
    return static_cast<int32_t>((value ^ sign) - sign);
}

}  // namespace

TEST_CASE("packed_hex -- value 0 is lowest, negative values in two's complement") {
    CHECK(packed_hex(std::vector<int32_t>{1}, 2) == "1");
    CHECK(packed_hex(std::vector<int32_t>{-1, 1}, 2) == "7");
    CHECK(packed_hex(std::vector<int32_t>{-1, 1, 0}, 2) == "07");
    CHECK(packed_hex(std::vector<int32_t>{-8, 7}, 4) == "78");
}

TEST_CASE("packed_hex -- every value can be read back") {
    Rng rng(1);
    for (int bits = 2; bits <= 16; ++bits)
        for (int count = 1; count <= 40; ++count) {
            std::vector<int32_t> values;
            for (int i = 0; i < count; ++i)
                values.push_back(static_cast<int32_t>(rng.below(uint64_t{1} << bits)) -
                                 (1 << (bits - 1)));
            const std::string hex = packed_hex(values, bits);
            REQUIRE(hex.size() == static_cast<size_t>((count * bits + 3) / 4));
            for (size_t i = 0; i < values.size(); ++i)
                REQUIRE(unpack(hex, i, bits) == values[i]);
        }
}

TEST_CASE("packed_literal -- sixteen values a line, the highest line first") {
    const std::vector<int32_t> values(18, -1);
    CHECK(packed_literal(values, 2, 4) == "{\n    4'hf,\n    32'hffffffff\n  }");
}
