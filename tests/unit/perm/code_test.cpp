#include "compiler/perm/code.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "compiler/base/error.h"

using namespace permloom;

namespace {

/// Sorted devices with the given class sizes.
std::vector<int32_t> devices_of(const std::vector<int>& sizes) {
    std::vector<int32_t> devices;
    for (size_t c = 0; c < sizes.size(); ++c)
        devices.insert(devices.end(), static_cast<size_t>(sizes[c]), static_cast<int32_t>(c));
    return devices;
}

struct Coded {
    std::vector<uint8_t> bytes;
    uint64_t bits;
};
Coded encode(const Code& code, const Permutation& p, const DeviceClasses& classes) {
    BitWriter out;
    code.encode(p, classes, out);
    const uint64_t bits = out.bit_count();
    return {out.take(), bits};
}

}  // namespace

TEST_CASE("lehmer -- digits count the smaller values to the right") {
    CHECK(lehmer_digits(Permutation({2, 0, 3, 1})) == std::vector<int32_t>{2, 0, 1, 0});
    CHECK(from_lehmer_digits(std::vector<int32_t>{2, 0, 1, 0}) == Permutation({2, 0, 3, 1}));
    CHECK_THROWS_AS(from_lehmer_digits(std::vector<int32_t>{4, 0, 0, 0}), Error);
    CHECK_THROWS_AS(from_lehmer_digits(std::vector<int32_t>{0, 0, 0, 1}), Error);
    CHECK_THROWS_AS(from_lehmer_digits(std::vector<int32_t>{0, -1, 0, 0}), Error);
}

TEST_CASE("lehmer -- digits of every permutation to n = 7 are in range, ordered and invertible") {
    for (int n = 1; n <= 7; ++n) {
        std::vector<int32_t> values(static_cast<size_t>(n)), last_digits;
        std::iota(values.begin(), values.end(), 0);
        bool good = true;
        do {
            const Permutation p(values);
            const std::vector<int32_t> digits = lehmer_digits(p);
            for (int r = 0; r < n; ++r) {
                int32_t smaller = 0;
                for (int s = r + 1; s < n; ++s)
                    smaller += p[s] < p[r] ? 1 : 0;
                good = good && digits[static_cast<size_t>(r)] == smaller && smaller <= n - 1 - r;
            }
            good = good && digits > last_digits && from_lehmer_digits(digits) == p;
            last_digits = digits;
        } while (std::next_permutation(values.begin(), values.end()));
        CHECK(good);
    }
}

TEST_CASE("codes -- every wiring of every class shape to n = 7 round trips and has its own code") {
    const std::vector<std::vector<int>> shapes = {{1},
                                                  {2},
                                                  {1, 1},
                                                  {3},
                                                  {1, 2},
                                                  {1, 1, 1},
                                                  {2, 2},
                                                  {1, 1, 1, 1},
                                                  {4, 1},
                                                  {2, 1, 2},
                                                  {3, 3},
                                                  {1, 4, 1},
                                                  {1, 1, 1, 1, 1, 1},
                                                  {7},
                                                  {3, 4},
                                                  {2, 3, 2},
                                                  {1, 1, 1, 1, 1, 1, 1}};
    for (const auto& code : all_codes())
        for (const auto& shape : shapes) {
            const DeviceClasses classes = classes_of(devices_of(shape));
            std::vector<int32_t> values(classes.of_slot.size());
            std::iota(values.begin(), values.end(), 0);
            std::set<std::vector<int32_t>> wirings;
            std::set<std::pair<uint64_t, std::vector<uint8_t>>> codes;
            bool good = true;
            do {
                const Permutation p = canonical(Permutation(values), classes);
                if (!wirings.emplace(p.values().begin(), p.values().end()).second) continue;
                const Coded coded = encode(*code, p, classes);
                codes.emplace(coded.bits, coded.bytes);
                BitReader in(coded.bytes);
                good = good && code->decode(classes, in) == p && in.position() == coded.bits;
            } while (std::next_permutation(values.begin(), values.end()));
            INFO(code->name() << ", " << classes.slots() << " slots, " << classes.count
                              << " classes");
            CHECK(good);
            CHECK(codes.size() == wirings.size());
        }
}

TEST_CASE("codes -- follow one another in one bit string") {
    Rng rng(3);
    for (const auto& code : all_codes())
        for (const auto& shape :
             std::vector<std::vector<int>>{{20, 30}, {1, 1, 1}, {5}, {300, 84, 400}}) {
            const DeviceClasses classes = classes_of(devices_of(shape));
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
             std::vector<std::vector<int>>{{2, 2}, {1, 1, 1, 1}, {2, 1, 2}, {1, 4}}) {
            const DeviceClasses classes = classes_of(devices_of(shape));
            int accepted = 0;
            for (int value = 0; value < 1 << 16; ++value) {
                const std::vector<uint8_t> bytes = {static_cast<uint8_t>(value & 255),
                                                    static_cast<uint8_t>(value >> 8)};
                BitReader in(bytes);
                Permutation p;
                try {
                    p = code->decode(classes, in);
                } catch (const Error&) {
                    continue;
                }
                ++accepted;
                const Coded coded = encode(*code, p, classes);
                REQUIRE(coded.bits == in.position());
                const uint64_t mask = (uint64_t{1} << coded.bits) - 1;
                BitReader again(coded.bytes);
                REQUIRE(again.get(static_cast<int>(coded.bits)) ==
                        (static_cast<uint64_t>(value) & mask));
            }
            INFO(code->name());
            CHECK(accepted > 0);
        }
}

TEST_CASE("codes -- sizes for n = 784 are as stated") {
    Rng rng(11);
    const auto size_of = [&](const char* name, const std::vector<int>& shape) {
        const DeviceClasses classes = classes_of(devices_of(shape));
        return encode(code_named(name), canonical(Permutation::random(784, rng), classes), classes)
            .bits;
    };
    const std::vector<int> distinct(784, 1), balanced = {392, 392}, sparse = {706, 78};
    CHECK(size_of("lehmer", distinct) == 6466);
    CHECK(size_of("index", distinct) == 7840);
    CHECK(size_of("level-map", balanced) == 784);
    for (const auto& shape : {distinct, balanced, sparse, std::vector<int>(16, 49)}) {
        const double bound = wiring_bound_bits(classes_of(devices_of(shape)));
        CHECK(static_cast<double>(size_of("multiset", shape)) <= bound + 3.0);
        CHECK(static_cast<double>(size_of("multiset", shape)) >= bound - 32.0);
    }
}

TEST_CASE("codes -- truncated codes and unknown names are errors") {
    const DeviceClasses classes = classes_of(devices_of({30, 30}));
    Rng rng(5);
    for (const auto& code : all_codes()) {
        Coded coded = encode(*code, canonical(Permutation::random(60, rng), classes), classes);
        coded.bytes.pop_back();
        BitReader in(coded.bytes);
        CHECK_THROWS_AS(code->decode(classes, in), Error);
    }
    CHECK_THROWS_WITH(code_named("lehmar"), Catch::Contains("did you mean 'lehmer'"));
}
