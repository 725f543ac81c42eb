#include "compiler/base/bits.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/base/rng.h"

using namespace permloom;
using Catch::Contains;

TEST_CASE("ceil_log2 -- the smallest exponent whose power reaches the value") {
    CHECK(ceil_log2(0) == 0);
    CHECK(ceil_log2(1) == 0);
    for (int b = 1; b < 64; ++b) {
        const uint64_t power = uint64_t{1} << b;
        CHECK(ceil_log2(power) == b);
        CHECK(ceil_log2(power + 1) == b + 1);
        CHECK(ceil_log2(power - 1) == (b == 1 ? 0 : b));
    }
    CHECK(ceil_log2(~uint64_t{0}) == 64);
}

TEST_CASE("bits -- fields of every width at every offset come back") {
    for (uint64_t seed = 0; seed < 200; ++seed) {
        Rng rng(seed);
        std::vector<std::pair<uint64_t, int>> fields;
        BitWriter writer;
        uint64_t total = 0;
        for (int i = 0; i < 100; ++i) {
            const int count = static_cast<int>(rng.below(65));
            const uint64_t value = rng.next();
            writer.put(value, count);  // bits above `count` must not leak
            fields.emplace_back(count == 64 ? value : value & ((uint64_t{1} << count) - 1), count);
            total += static_cast<uint64_t>(count);
        }
        CHECK(writer.bit_count() == total);
        const std::vector<uint8_t> bytes = writer.take();
        CHECK(bytes.size() == (total + 7) / 8);
        BitReader reader(bytes);
        INFO("seed " << seed);
        for (const auto& [value, count] : fields)
            CHECK(reader.get(count) == value);
        CHECK(reader.position() == total);
        CHECK_NOTHROW(reader.expect_end());
    }
}

TEST_CASE("bits -- the first bit is the lowest of the first byte") {
    BitWriter writer;
    writer.put(1, 1);
    writer.put(0, 1);
    writer.put(0b101, 3);
    writer.put(0xab, 8);
    CHECK(writer.take() == std::vector<uint8_t>{0b01110101, 0b00010101});
}

TEST_CASE("bits -- reading beyond the end is an Error, not a value") {
    const std::vector<uint8_t> bytes = {0xff, 0x01};
    BitReader reader(bytes);
    CHECK(reader.get(9) == 0x1ff);
    CHECK(reader.get(7) == 0);
    CHECK(reader.get(0) == 0);
    CHECK_THROWS_WITH(reader.get(1), Contains("ends after 2 bytes"));
    BitReader whole(bytes);
    CHECK_THROWS_AS(whole.get(17), Error);
}

TEST_CASE("bits -- what is left at the end must be zero padding of one byte") {
    const std::vector<uint8_t> zero = {0x07, 0x00}, one = {0x17};
    BitReader reader(zero);
    reader.get(3);
    CHECK_THROWS_WITH(reader.expect_end(), Contains("13 bits are left"));
    reader.get(6);
    CHECK_NOTHROW(reader.expect_end());
    BitReader padded(one);
    padded.get(4);
    CHECK_THROWS_WITH(padded.expect_end(), Contains("padding after the last value is not zero"));
    padded.get(1);
    CHECK_NOTHROW(padded.expect_end());
    CHECK_NOTHROW(BitReader({}).expect_end());
}

TEST_CASE("bits -- counts outside 0..64 are a broken invariant") {
    BitWriter writer;
    CHECK_THROWS_AS(writer.put(0, 65), InvariantError);
    CHECK_THROWS_AS(writer.put(0, -1), InvariantError);
    CHECK_THROWS_AS(BitReader({}).get(65), InvariantError);
}

TEST_CASE("bits -- bytes shows what was written so far and does not disturb what follows") {
    BitWriter writer;
    std::vector<uint8_t> expected;
    for (int i = 0; i < 40; ++i) {
        const std::span<const uint8_t> seen = writer.bytes();
        CHECK(std::vector<uint8_t>(seen.begin(), seen.end()) == expected);
        writer.put(static_cast<uint64_t>(i), 8);
        expected.push_back(static_cast<uint8_t>(i));
    }
    writer.put(1, 1);
    CHECK(writer.bytes().size() == 41);
    writer.clear();
    CHECK(writer.bit_count() == 0);
    CHECK(writer.bytes().empty());
    writer.put(5, 3);
    CHECK(writer.take() == std::vector<uint8_t>{5});
    CHECK(writer.take().empty());
}

TEST_CASE("bits -- skipping moves on, but not beyond the end") {
    const std::vector<uint8_t> bytes = {0xf0, 0x0f};
    BitReader reader(bytes);
    reader.skip(4);
    CHECK(reader.peek(reader.position(), 12) == 0xff);
    CHECK(reader.peek(12, 64) == 0);
    CHECK(reader.peek(1000, 64) == 0);
    CHECK_THROWS_AS(reader.skip(13), Error);
    reader.skip(12);
    CHECK_THROWS_AS(reader.skip(1), Error);
}

TEST_CASE("bits -- fields of one width read at once are those read one by one") {
    Rng rng(4);
    std::vector<uint8_t> bytes(400);
    for (uint8_t& byte : bytes)
        byte = static_cast<uint8_t>(rng.below(256));
    for (int count = 0; count <= 31; ++count)
        for (const size_t fields : {0, 1, 2, 3, 64, 97}) {
            BitReader one_by_one(bytes), at_once(bytes);
            one_by_one.skip(static_cast<uint64_t>(count));
            at_once.skip(static_cast<uint64_t>(count));
            std::vector<int32_t> values(fields, -1);
            at_once.get_fields(count, values);
            for (const int32_t value : values)
                CHECK(static_cast<uint64_t>(value) == one_by_one.get(count));
            CHECK(at_once.position() == one_by_one.position());
        }
    BitReader reader(bytes);
    std::vector<int32_t> too_many(321);
    CHECK_THROWS_AS(reader.get_fields(10, too_many), Error);
    CHECK(reader.position() == 0);
    CHECK_THROWS_AS(reader.get_fields(32, too_many), InvariantError);
}
