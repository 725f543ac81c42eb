#include "compiler/perm/factorial_stream.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "tests/unit/perm/coding.h"

using namespace permloom;
using namespace permloom::test;

TEST_CASE("factorial-stream -- the digits of the example") {
    std::vector<int32_t> digits(4), values(4);
    factorial_digits(Permutation({2, 0, 3, 1}), digits);
    CHECK(digits == std::vector<int32_t>{0, 0, 0, 2});
    from_factorial_digits(digits, values);
    CHECK(values == std::vector<int32_t>{2, 0, 3, 1});
}

TEST_CASE("factorial-stream -- every digit string to n = 8 is one permutation") {
    for (int n = 1; n <= 8; ++n) {
        const auto size = static_cast<size_t>(n);
        std::set<std::vector<int32_t>> strings;
        bool good = true;
        size_t permutations = 0;
        for_each_permutation(n, [&](const Permutation& p) {
            std::vector<int32_t> digits(size), values(size);
            factorial_digits(p, digits);
            for (size_t i = 0; i < size; ++i)
                good = good && digits[i] >= 0 && static_cast<size_t>(digits[i]) <= i;
            from_factorial_digits(digits, values);
            good = good && Permutation(values) == p;
            strings.insert(digits);
            ++permutations;
        });
        CHECK(good);
        CHECK(strings.size() == permutations);
    }
}

TEST_CASE("factorial-stream -- bits are the digits in order, each lowest bit first") {
    // {0, 0, 0, 2}: digit 1 in one bit, digits 2 and 3 in two bits each: 0, 00, 01 as written.
    const DeviceClasses classes = classes_of_sizes({1, 1, 1, 1});
    const Code& code = code_named("factorial-stream");
    const Coded coded = encode(code, Permutation({2, 0, 3, 1}), classes);
    CHECK(coded.bits == 5);
    CHECK(coded.bytes == std::vector<uint8_t>{0b10000});

    Rng rng(2);
    const Permutation p = Permutation::random(784, rng);
    const DeviceClasses distinct = classes_of_sizes(std::vector<int>(784, 1));
    std::vector<int32_t> digits(784);
    factorial_digits(p, digits);
    const Coded all = encode(code, p, distinct);
    CHECK(all.bits == 6817);
    BitReader in(all.bytes);
    for (int i = 0; i < 784; ++i)
        CHECK(static_cast<int32_t>(in.get(ceil_log2(static_cast<uint64_t>(i) + 1))) ==
              digits[static_cast<size_t>(i)]);
}

TEST_CASE("factorial-stream -- long permutations and digits out of range") {
    Rng rng(3);
    for (const int n : {9, 64, 1000, 100000}) {
        const auto size = static_cast<size_t>(n);
        const Permutation p = Permutation::random(n, rng);
        std::vector<int32_t> digits(size), values(size);
        factorial_digits(p, digits);
        from_factorial_digits(digits, values);
        CHECK(std::equal(values.begin(), values.end(), p.values().begin()));
    }
    std::vector<int32_t> values(3);
    CHECK_THROWS_WITH(from_factorial_digits(std::vector<int32_t>{0, 2, 0}, values),
                      Catch::Contains("digit 1 is 2, outside 0..1"));
    CHECK_THROWS_AS(from_factorial_digits(std::vector<int32_t>{0, 0, -1}, values), Error);
    CHECK_THROWS_AS(from_factorial_digits(std::vector<int32_t>{1, 0, 0}, values), Error);
    // Digit 2 = 3 fits its two bits and is out of range.
    const std::vector<uint8_t> bytes = {0b110};
    BitReader in(bytes);
    CHECK_THROWS_AS(code_named("factorial-stream").decode(classes_of_sizes({1, 1, 1}), in), Error);
}
