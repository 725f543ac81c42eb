#include "compiler/perm/code_stream.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/perm/batch_code.h"
#include "tests/unit/perm/coding.h"

using namespace permloom;
using namespace permloom::test;
using Catch::Contains;

namespace {

const std::vector<std::vector<int>>& shapes() {
    static const std::vector<std::vector<int>> all = {
        {1}, {7}, {1, 1}, {3, 2}, {20, 30, 14}, std::vector<int>(100, 1)};
    return all;
}

std::vector<Permutation> random_wirings(int count, const DeviceClasses& classes, uint64_t seed) {
    Rng rng(seed);
    std::vector<Permutation> wirings;
    for (int i = 0; i < count; ++i)
        wirings.push_back(canonical(Permutation::random(classes.slots(), rng), classes));
    return wirings;
}

std::vector<uint8_t> written(const Code& code, const DeviceClasses& classes,
                             const std::vector<Permutation>& wirings) {
    std::vector<uint8_t> bytes;
    CodeStreamWriter writer(code, classes, [&](std::span<const uint8_t> more) {
        bytes.insert(bytes.end(), more.begin(), more.end());
    });
    for (const Permutation& p : wirings)
        writer.write(p);
    CHECK(writer.wirings() == wirings.size());
    CHECK(writer.bytes() == bytes.size());
    return bytes;
}

/// Hands out `bytes` at most `step` at a time.
ByteSource in_steps(std::span<const uint8_t> bytes, size_t step) {
    return [bytes, step, done = size_t{0}](std::span<uint8_t> out) mutable {
        const size_t count = std::min({step, out.size(), bytes.size() - done});
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(done), count, out.begin());
        done += count;
        return count;
    };
}

}  // namespace

TEST_CASE("code stream -- what is written comes back, whatever pieces the bytes arrive in") {
    for (const auto& code : all_codes())
        for (const auto& shape : shapes()) {
            const DeviceClasses classes = classes_of_sizes(shape);
            const std::vector<Permutation> wirings = random_wirings(30, classes, 1);
            const std::vector<uint8_t> bytes = written(*code, classes, wirings);
            for (const size_t step : {1, 3, 1000}) {
                CodeStreamReader reader(*code, classes, in_steps(bytes, step));
                std::vector<Permutation> read;
                while (auto p = reader.next())
                    read.push_back(std::move(*p));
                INFO(code->name());
                CHECK(read == wirings);
                CHECK(reader.wirings() == wirings.size());
                CHECK(reader.bytes() == bytes.size());
                CHECK(!reader.next());
            }
        }
}

TEST_CASE("code stream -- holds thousands of codes in a buffer of a few") {
    const DeviceClasses classes = classes_of_sizes(std::vector<int>(100, 1));
    const std::vector<Permutation> wirings = random_wirings(5000, classes, 2);
    const Code& code = code_named("lehmer-dense");
    const std::vector<uint8_t> bytes = written(code, classes, wirings);
    size_t largest = 0;
    const ByteSource source = [&, inner = in_steps(bytes, bytes.size())](std::span<uint8_t> out) {
        largest = std::max(largest, out.size());
        return inner(out);
    };
    CodeStreamReader reader(code, classes, source);
    for (const Permutation& p : wirings)
        REQUIRE(reader.next() == p);
    CHECK(!reader.next());
    CHECK(largest * 4 < bytes.size());
}

TEST_CASE("code stream -- truncated streams and rubbish are refused with their place") {
    for (const auto& code : all_codes()) {
        const DeviceClasses classes = classes_of_sizes({9, 5, 6});
        const std::vector<Permutation> wirings = random_wirings(3, classes, 3);
        const std::vector<uint8_t> bytes = written(*code, classes, wirings);
        const auto two = written(*code, classes, {wirings[0], wirings[1]}).size();
        const auto read_all = [&](std::vector<uint8_t> changed) {
            CodeStreamReader reader(*code, classes, in_steps(changed, 5));
            while (reader.next()) {
            }
        };
        INFO(code->name());
        std::vector<uint8_t> truncated = bytes;
        truncated.pop_back();
        CHECK_THROWS_WITH(read_all(truncated),
                          Contains("wiring 2 at byte " + std::to_string(two) + ":"));
        std::vector<uint8_t> trailing = bytes;
        trailing.push_back(0xff);
        CHECK_THROWS_WITH(read_all(trailing),
                          Contains("wiring 3 at byte " + std::to_string(bytes.size()) + ":"));
        const int padding =
            static_cast<int>(8 * bytes.size() - 8 * two - encode(*code, wirings[2], classes).bits);
        if (padding > 0) {
            std::vector<uint8_t> padded = bytes;
            padded.back() ^= 0x80;
            CHECK_THROWS_WITH(read_all(padded), Contains("padding"));
        }
    }
    const DeviceClasses one = classes_of_sizes({4});
    const std::vector<uint8_t> two_bytes = {0, 1};
    CodeStreamReader reader(code_named("multiset"), one, in_steps(two_bytes, 2));
    CHECK(reader.next() == Permutation::identity(4));
    CHECK_THROWS_WITH(reader.next(), Contains("wiring 1 at byte 1: code: the padding"));
}

TEST_CASE("code stream -- refuses to write what a reader could not return") {
    CodeStreamWriter writer(code_named("index"), classes_of_sizes({2, 2}),
                            [](std::span<const uint8_t>) {});
    writer.write(Permutation({0, 1, 2, 3}));
    CHECK_THROWS_WITH(writer.write(Permutation({0, 1, 2})), Contains("wiring 1 has 3 entries"));
    CHECK_THROWS_WITH(writer.write(Permutation({1, 0, 2, 3})), Contains("ascending"));
    CHECK(writer.wirings() == 1);
}

TEST_CASE("batch -- is the stream, whatever the number of threads") {
    for (const auto& code : all_codes())
        for (const auto& shape : shapes()) {
            const DeviceClasses classes = classes_of_sizes(shape);
            const std::vector<Permutation> wirings = random_wirings(77, classes, 4);
            const std::vector<uint8_t> stream = written(*code, classes, wirings);
            for (const int threads : {1, 2, 3}) {
                ThreadPool pool(threads);
                const CodedBatch batch = encode_batch(*code, wirings, classes, pool);
                CHECK(batch.bytes == stream);
                CHECK(batch.wirings() == wirings.size());
                CHECK(decode_batch(*code, batch, classes, pool) == wirings);
            }
        }
}

TEST_CASE("batch -- names the first bad wiring, whatever the number of threads") {
    const DeviceClasses classes = classes_of_sizes({5, 5});
    const Code& code = code_named("multiset");
    std::vector<Permutation> wirings = random_wirings(100, classes, 5);
    for (const int threads : {1, 2}) {
        ThreadPool pool(threads);
        CHECK(encode_batch(code, {}, classes, pool).bytes.empty());
        CHECK(decode_batch(code, {}, classes, pool).empty());
        CodedBatch batch = encode_batch(code, wirings, classes, pool);
        // 252 wirings in 8 bits and a few: one of two bytes is all ones nowhere.
        for (const size_t bad : {90U, 41U})
            for (uint64_t i = batch.begin[bad]; i < batch.begin[bad + 1]; ++i)
                batch.bytes[i] = 0xff;
        CHECK_THROWS_WITH(decode_batch(code, batch, classes, pool), Contains("wiring 41 cannot"));
        CodedBatch cut = encode_batch(code, wirings, classes, pool);
        cut.begin[50] += 1;
        CHECK_THROWS_AS(decode_batch(code, cut, classes, pool), Error);
        cut.begin.back() += 1;
        CHECK_THROWS_WITH(decode_batch(code, cut, classes, pool), Contains("do not divide"));
        std::vector<Permutation> wrong = wirings;
        wrong[70] = Permutation::identity(3);
        wrong[20] = Permutation({1, 0, 2, 3, 4, 5, 6, 7, 8, 9});
        CHECK_THROWS_WITH(encode_batch(code, wrong, classes, pool), Contains("wiring 20 does not"));
    }
}
