#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/perm/rank_tree.h"
#include "tests/unit/perm/coding.h"

using namespace permloom;
using namespace permloom::test;

TEST_CASE("multiset -- any number of classes, balanced and lopsided") {
    Rng rng(14);
    const Code& code = code_named("multiset");
    for (const int n : {1, 2, 15, 16, 17, 255, 256, 257, 784, 5000})
        for (const int count : {1, 2, 3, 4, 5, 15, 16, 17, 256, 257, 4097, n})
            for (const bool lopsided : {false, true}) {
                if (count > n) continue;
                std::vector<int> sizes(static_cast<size_t>(count), 1);
                for (int i = count; i < n; ++i)
                    ++sizes[lopsided ? 0 : rng.below(sizes.size())];
                const DeviceClasses classes = classes_of_sizes(sizes);
                const double bound = wiring_bound_bits(classes);
                for (const Permutation& drawn :
                     {Permutation::random(n, rng), Permutation::identity(n)}) {
                    const Permutation p = canonical(drawn, classes);
                    const Coded coded = encode(code, p, classes);
                    BitReader in(coded.bytes);
                    INFO("n = " << n << ", " << count << " classes");
                    CHECK(code.decode(classes, in) == p);
                    CHECK(in.position() == coded.bits);
                    CHECK(static_cast<double>(coded.bits) <= bound + 3.0);
                }
            }
}

TEST_CASE("range codes -- a string of ones is outside every interval") {
    const std::vector<uint8_t> ones(2000, 0xff);
    for (const char* name : {"multiset", "lehmer-dense"})
        for (int n = 2; n <= 200; ++n) {
            const std::vector<std::vector<int>> shapes = {
                std::vector<int>(static_cast<size_t>(n), 1), {1, n - 1}, {n / 2, n - n / 2}};
            for (const auto& shape : shapes) {
                BitReader in(ones);
                CHECK_THROWS_AS(code_named(name).decode(classes_of_sizes(shape), in), Error);
            }
        }
}

TEST_CASE("multiset -- 2^20 slots") {
    constexpr int N = 1 << 20;
    Rng rng(15);
    const Code& code = code_named("multiset");
    for (const std::vector<int>& sizes : {std::vector<int>{N / 2, N / 2}, std::vector<int>(N, 1)}) {
        const DeviceClasses classes = classes_of_sizes(sizes);
        const Permutation p = canonical(Permutation::random(classes.slots(), rng), classes);
        const Coded coded = encode(code, p, classes);
        BitReader in(coded.bytes);
        CHECK(code.decode(classes, in) == p);
        CHECK(coded.bits <= code.max_bits(classes));
    }
}

TEST_CASE("rank tree -- agrees with plain sums while items are taken") {
    Rng rng(16);
    RankTree tree;
    for (const size_t items : {1U, 2U, 15U, 16U, 17U, 255U, 256U, 257U, 4096U, 4097U, 70000U}) {
        std::vector<int32_t> counts(items);
        int32_t total = 0;
        for (int32_t& count : counts)
            total += count = static_cast<int32_t>(rng.below(4));
        tree.reset(counts);
        CHECK(tree.total() == total);
        bool good = true;
        for (int step = 0; step < 60 && total > 0; ++step) {
            const auto position = static_cast<int32_t>(rng.below(static_cast<uint64_t>(total)));
            size_t item = 0;
            int32_t before = 0;
            while (before + counts[item] <= position)
                before += counts[item++];
            const RankTree::Found found = tree.find(position);
            good =
                good && found.item == item && found.before == before && tree.before(item) == before;
            tree.take(item);
            --counts[item];
            --total;
        }
        INFO(items << " items");
        CHECK(good);
        CHECK(tree.total() == total);
    }
}
