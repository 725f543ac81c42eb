// What holds for every code.

#include "compiler/perm/code.h"

#include <catch2/catch.hpp>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "tests/unit/perm/coding.h"

using namespace permloom;
using namespace permloom::test;

namespace {

/// Every wiring comes back, takes the bits it wrote, and has a code of its own that no other code
/// is the beginning of.
void check_all_wirings(const Code& code, const DeviceClasses& classes) {
    const std::vector<Permutation> wirings = all_wirings(classes);
    const uint64_t most = code.max_bits(classes);
    std::set<Coded> codes;
    bool good = true;
    for (const Permutation& p : wirings) {
        const Coded coded = encode(code, p, classes);
        good = good && coded.bits <= most;
        codes.insert(coded);
        // What follows a code must not matter.
        BitWriter out;
        BitReader all(coded.bytes);
        for (uint64_t i = 0; i < coded.bits; ++i)
            out.put(all.get(1), 1);
        for (int i = 0; i < 9; ++i)
            out.put(~uint64_t{0}, 8);
        const std::vector<uint8_t> followed = out.take();
        BitReader alone(coded.bytes), in(followed);
        good = good && code.decode(classes, alone) == p && alone.position() == coded.bits;
        good = good && code.decode(classes, in) == p && in.position() == coded.bits;
    }
    INFO(code.name() << ", " << classes.slots() << " slots, " << classes.count << " classes");
    CHECK(good);
    CHECK(codes.size() == wirings.size());
}

}  // namespace

TEST_CASE("codes -- every wiring of every class shape to n = 6 round trips and has its own code") {
    for (const auto& code : all_codes())
        for (int n = 1; n <= 6; ++n)
            for (const auto& shape : all_shapes(n))
                check_all_wirings(*code, classes_of_sizes(shape));
}

TEST_CASE("codes -- every permutation of 7 and 8 entries round trips and has its own code") {
    for (const auto& code : all_codes())
        for (const auto& shape : std::vector<std::vector<int>>{std::vector<int>(7, 1),
                                                               std::vector<int>(8, 1),
                                                               {4, 4},
                                                               {1, 6, 1},
                                                               {2, 2, 2, 2},
                                                               {3, 1, 1, 1, 2},
                                                               {8}})
            check_all_wirings(*code, classes_of_sizes(shape));
}

TEST_CASE("codes -- an empty bank has a code of no bits") {
    for (const auto& code : all_codes()) {
        const DeviceClasses none;
        const Coded coded = encode(*code, Permutation(), none);
        CHECK(coded.bits == 0);
        BitReader in(coded.bytes);
        CHECK(code->decode(none, in) == Permutation());
    }
}

TEST_CASE("codes -- follow one another in one bit string") {
    Rng rng(3);
    for (const auto& code : all_codes())
        for (const auto& shape : std::vector<std::vector<int>>{
                 {20, 30}, {1, 1, 1}, {5}, {300, 84, 400}, std::vector<int>(70, 3)}) {
            const DeviceClasses classes = classes_of_sizes(shape);
            std::vector<Permutation> wirings;
            BitWriter out;
            for (int j = 0; j < 20; ++j) {
                wirings.push_back(canonical(Permutation::random(classes.slots(), rng), classes));
                code->encode(wirings.back(), classes, out);
            }
            const std::vector<uint8_t> bytes = out.take();
            BitReader in(bytes);
            for (const Permutation& p : wirings)
                CHECK(code->decode(classes, in) == p);
            in.expect_end();
        }
}

TEST_CASE("codes -- every bit string either is refused or is the code of what it decodes to") {
    for (const auto& code : all_codes())
        for (const auto& shape :
             std::vector<std::vector<int>>{{2, 2}, {1, 1, 1, 1}, {2, 1, 1}, {1, 4}, {1}, {3, 1}}) {
            const DeviceClasses classes = classes_of_sizes(shape);
            std::set<Coded> accepted;
            // One bit behind the longest code: it must not matter.
            const uint64_t strings = uint64_t{1} << (code->max_bits(classes) + 1);
            bool good = true;
            for (uint64_t value = 0; value < strings; ++value) {
                const std::vector<uint8_t> bytes = {static_cast<uint8_t>(value & 255),
                                                    static_cast<uint8_t>(value >> 8)};
                BitReader in(bytes);
                Permutation p;
                try {
                    p = code->decode(classes, in);
                } catch (const Error&) {
                    continue;
                }
                const Coded coded = encode(*code, p, classes);
                BitReader again(coded.bytes);
                const int bits = static_cast<int>(coded.bits);
                good =
                    good && coded.bits == in.position() && again.get(bits) == low_bits(value, bits);
                accepted.insert(coded);
            }
            INFO(code->name());
            CHECK(good);
            CHECK(accepted.size() == all_wirings(classes).size());
        }
}

TEST_CASE("codes -- every shorter beginning of a code is refused as truncated") {
    Rng rng(5);
    for (const auto& code : all_codes())
        for (const auto& shape : std::vector<std::vector<int>>{
                 {30, 30}, std::vector<int>(40, 1), {5, 6, 7, 8, 9, 10}}) {
            const DeviceClasses classes = classes_of_sizes(shape);
            const Coded coded = encode(
                *code, canonical(Permutation::random(classes.slots(), rng), classes), classes);
            for (size_t bytes = 0; bytes < coded.bytes.size(); ++bytes) {
                BitReader in(std::span(coded.bytes).first(bytes));
                INFO(code->name() << ", " << bytes << " of " << coded.bytes.size() << " bytes");
                CHECK_THROWS_AS(code->decode(classes, in), Error);
            }
        }
}

TEST_CASE("codes -- random and flipped bits never decode to another code") {
    Rng rng(6);
    for (const auto& code : all_codes())
        for (const auto& shape :
             std::vector<std::vector<int>>{{60, 40}, std::vector<int>(50, 1), {1, 2, 3, 40, 5}}) {
            const DeviceClasses classes = classes_of_sizes(shape);
            for (int trial = 0; trial < 300; ++trial) {
                std::vector<uint8_t> bytes =
                    encode(*code, canonical(Permutation::random(classes.slots(), rng), classes),
                           classes)
                        .bytes;
                bytes.resize(bytes.size() + 9);
                for (uint64_t flips = rng.below(4); flips > 0; --flips)
                    bytes[rng.below(bytes.size())] ^= static_cast<uint8_t>(1U << rng.below(8));
                if (trial % 10 == 0)
                    for (uint8_t& byte : bytes)
                        byte = static_cast<uint8_t>(rng.below(256));
                BitReader in(bytes);
                try {
                    const Permutation p = code->decode(classes, in);
                    const Coded coded = encode(*code, p, classes);
                    REQUIRE(coded.bits == in.position());
                    BitReader first(bytes), second(coded.bytes);
                    for (uint64_t i = 0; i < coded.bits; ++i)
                        REQUIRE(first.get(1) == second.get(1));
                } catch (const Error&) {
                    continue;  // refused
                }
            }
        }
}

TEST_CASE("codes -- sizes for n = 784 are as stated") {
    Rng rng(11);
    const auto size_of = [&](const char* name, const std::vector<int>& shape) {
        const DeviceClasses classes = classes_of_sizes(shape);
        return encode(code_named(name), canonical(Permutation::random(784, rng), classes), classes)
            .bits;
    };
    const std::vector<int> distinct(784, 1), balanced = {392, 392}, sparse = {706, 78};
    CHECK(size_of("lehmer", distinct) == 6466);
    CHECK(size_of("factorial-stream", distinct) == 6817);
    CHECK(size_of("index", distinct) == 7840);
    CHECK(size_of("level-map", balanced) == 784);
    CHECK(static_cast<double>(size_of("lehmer-dense", distinct)) <= log2_factorial(784) + 3.0);
    for (const auto& shape : {distinct, balanced, sparse, std::vector<int>(16, 49)}) {
        const double bound = wiring_bound_bits(classes_of_sizes(shape));
        CHECK(static_cast<double>(size_of("multiset", shape)) <= bound + 3.0);
        CHECK(static_cast<double>(size_of("multiset", shape)) >= bound - 32.0);
    }
}

TEST_CASE("codes -- stay within 64 bits of the bound for 2^19 distinct devices") {
    constexpr int N = 1 << 19;
    Rng rng(12);
    const DeviceClasses classes = classes_of_sizes(std::vector<int>(N, 1));
    const Permutation p = Permutation::random(N, rng);
    for (const char* name : {"multiset", "lehmer-dense"}) {
        const Code& code = code_named(name);
        const Coded coded = encode(code, p, classes);
        CHECK(static_cast<double>(coded.bits) <= log2_factorial(N) + 64.0);
        CHECK(coded.bits <= code.max_bits(classes));
        BitReader in(coded.bytes);
        CHECK(code.decode(classes, in) == p);
    }
}

// The bytes are a file format: configurations on disk hold them.
TEST_CASE("codes -- bytes of seeded wirings stay what they were") {
    const auto digest_of = [](const char* name) {
        Rng rng(77);
        BitWriter out;
        for (int trial = 0; trial < 200; ++trial) {
            const int n = 1 + static_cast<int>(rng.below(trial % 50 == 0 ? 1500 : 90));
            const uint64_t levels = 1 + rng.below(trial % 3 == 0 ? static_cast<uint64_t>(n) : 6);
            std::vector<int32_t> devices;
            for (int i = 0; i < n; ++i)
                devices.push_back(static_cast<int32_t>(rng.below(levels)));
            std::sort(devices.begin(), devices.end());
            const DeviceClasses classes = classes_of(devices);
            code_named(name).encode(canonical(Permutation::random(n, rng), classes), classes, out);
        }
        return to_hex(sha256(out.take()), 16);
    };
    CHECK(digest_of("lehmer") == "2ac4641d64f1f1fe");
    CHECK(digest_of("level-map") == "b45c51c004d7612a");
    CHECK(digest_of("multiset") == "300f059b9e1ff505");
    CHECK(digest_of("index") == "2f75dd095e1f3cbc");
    CHECK(digest_of("lehmer-dense") == "81e063fcb5aa2772");
    CHECK(digest_of("factorial-stream") == "6fcc22527f3ed4dd");
}

TEST_CASE("codes -- unknown names are errors that list the known") {
    for (const auto& code : all_codes())
        CHECK(&code_named(code->name()) == code.get());
    CHECK_THROWS_WITH(code_named("lehmar"), Catch::Contains("did you mean 'lehmer'"));
    CHECK_THROWS_WITH(code_named(""), Catch::Contains("factorial-stream"));
}
