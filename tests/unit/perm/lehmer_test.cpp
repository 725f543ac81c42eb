#include "compiler/perm/lehmer.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "tests/unit/perm/coding.h"
#include "tests/unit/perm/instruction_sets.h"

using namespace permloom;
using namespace permloom::test;

namespace {

/// The definition, through a binary indexed tree of the values seen from the right.
std::vector<int32_t> plain_digits(const Permutation& p) {
    const int n = p.size();
    std::vector<int32_t> tree(static_cast<size_t>(n) + 1, 0), digits(static_cast<size_t>(n));
    for (int r = n - 1; r >= 0; --r) {
        for (int i = p[r]; i > 0; i -= i & -i)
            digits[static_cast<size_t>(r)] += tree[static_cast<size_t>(i)];
        for (int i = p[r] + 1; i <= n; i += i & -i)
            ++tree[static_cast<size_t>(i)];
    }
    return digits;
}

void check_round_trip(const Permutation& p) {
    const std::vector<int32_t> digits = lehmer_digits(p);
    INFO("n = " << p.size());
    CHECK(digits == plain_digits(p));
    CHECK(from_lehmer_digits(digits) == p);
    std::vector<int32_t> in_place = digits;
    from_lehmer_digits(in_place, in_place);
    CHECK(std::equal(in_place.begin(), in_place.end(), p.values().begin()));
}

}  // namespace

TEST_CASE("lehmer -- digits count the smaller values to the right") {
    CHECK(lehmer_digits(Permutation({2, 0, 3, 1})) == std::vector<int32_t>{2, 0, 1, 0});
    CHECK(from_lehmer_digits(std::vector<int32_t>{2, 0, 1, 0}) == Permutation({2, 0, 3, 1}));
    CHECK(lehmer_digits(Permutation()).empty());
    CHECK_THROWS_AS(from_lehmer_digits(std::vector<int32_t>{4, 0, 0, 0}), Error);
    CHECK_THROWS_AS(from_lehmer_digits(std::vector<int32_t>{0, 0, 0, 1}), Error);
    CHECK_THROWS_WITH(from_lehmer_digits(std::vector<int32_t>{0, -1, 0, 0}),
                      Catch::Contains("digit 1 is -1, outside 0..2"));
}

TEST_CASE("lehmer -- digits of every permutation to n = 8 are in range, ordered and invertible") {
    for (int n = 1; n <= 8; ++n) {
        std::vector<int32_t> last_digits;
        bool good = true;
        for_each_permutation(n, [&](const Permutation& p) {
            const std::vector<int32_t> digits = lehmer_digits(p);
            for (int r = 0; r < n; ++r) {
                int32_t smaller = 0;
                for (int s = r + 1; s < n; ++s)
                    smaller += p[s] < p[r] ? 1 : 0;
                good = good && digits[static_cast<size_t>(r)] == smaller && smaller <= n - 1 - r;
            }
            good = good && digits > last_digits && from_lehmer_digits(digits) == p;
            last_digits = digits;
        });
        CHECK(good);
    }
}

TEST_CASE("lehmer -- every instruction set gives the digits of the definition, for any n") {
    with_each_instruction_set([] {
        Rng rng(8);
        for (int n = 1; n <= 200; ++n)
            check_round_trip(Permutation::random(n, rng));
        for (const int n :
             {255, 256, 257, 784, 1000, 1023, 1024, 1025, 1087, 4096, 16383, 16384, 16385, 70000})
            check_round_trip(Permutation::random(n, rng));
        for (const int n : {1, 64, 65, 784, 1024, 1025, 5000}) {
            check_round_trip(Permutation::identity(n));
            std::vector<int32_t> falling(static_cast<size_t>(n));
            for (int i = 0; i < n; ++i)
                falling[static_cast<size_t>(i)] = n - 1 - i;
            check_round_trip(Permutation(falling));
        }
    });
}

TEST_CASE("lehmer -- a million entries, three levels of counts and more") {
    Rng rng(9);
    check_round_trip(Permutation::random(300000, rng));
    check_round_trip(Permutation::random((1 << 20) + 1, rng));
}

TEST_CASE("rank -- numbers the permutations in lexicographic order") {
    for (int n = 0; n <= 8; ++n) {
        uint64_t expected = 0;
        bool good = true;
        const auto check = [&](const Permutation& p) {
            good = good && rank_of(p) == expected && unrank(n, expected) == p;
            ++expected;
        };
        if (n == 0)
            check(Permutation());
        else
            for_each_permutation(n, check);
        CHECK(good);
        CHECK_THROWS_AS(unrank(n, expected), Error);
    }
}

TEST_CASE("rank -- reaches to 20 entries and no further") {
    Rng rng(10);
    constexpr uint64_t FACTORIAL_20 = 2432902008176640000;
    CHECK(unrank(20, FACTORIAL_20 - 1) ==
          Permutation({19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}));
    for (int trial = 0; trial < 200; ++trial) {
        const uint64_t rank = rng.below(FACTORIAL_20);
        CHECK(rank_of(unrank(20, rank)) == rank);
    }
    CHECK_THROWS_AS(unrank(20, FACTORIAL_20), Error);
    CHECK_THROWS_WITH(rank_of(Permutation::identity(21)), Catch::Contains("at most 20"));
    CHECK_THROWS_AS(unrank(21, 0), Error);
    CHECK_THROWS_AS(unrank(-1, 0), Error);
}
