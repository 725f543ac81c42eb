#include "compiler/nn/matrix.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/unit/nn/plain.h"

namespace permloom {
namespace {

using testing::random_floats;

/// A rows x columns block inside a larger buffer, so that strides are not the width.
struct Block {
    std::vector<float> storage;
    Matrix view;

    Block(int rows, int columns, Rng& rng) {
        const int stride = columns + 3;
        storage = random_floats(static_cast<size_t>(rows * stride + 5), rng);
        view = Matrix{storage.data() + 2, rows, columns, stride};
    }
    double at(int r, int c) const { return view.data[r * view.stride + c]; }
};

/// Rows, summed, columns. The last are too large for small_product.
constexpr int SIZES[][3] = {{1, 1, 1},      {1, 5, 3},     {2, 3, 1},     {7, 1, 4},
                            {16, 8, 8},     {31, 65, 17},  {32, 784, 10}, {50, 100, 33},
                            {12, 16, 32},   {13, 15, 31},  {23, 33, 48},  {25, 128, 65},
                            {140, 1000, 5}, {5, 1000, 140}};

void check_close(double got, double want, int terms) {
    CHECK(std::abs(got - want) <= 1e-6 * (terms + 1));
}

}  // namespace

TEST_CASE("matrix -- each product agrees with plain loops and writes nothing but its result") {
    Rng rng(1);
    for (const auto& [m, k, n] : SIZES) {
        CAPTURE(m, k, n);
        const Block a(m, k, rng), at(k, m, rng), b(k, n, rng), bt(n, k, rng);
        Block ab(m, n, rng), abt(m, n, rng), atb(m, n, rng);
        const Block before = ab;
        multiply(a.view, b.view, ab.view);
        multiply_transposed(a.view, bt.view, abt.view);
        transposed_multiply(at.view, b.view, atb.view);
        for (int r = 0; r < m; ++r) {
            for (int c = 0; c < n; ++c) {
                double sum = 0.0, sum_bt = 0.0, sum_at = 0.0;
                for (int i = 0; i < k; ++i) {
                    sum += a.at(r, i) * b.at(i, c);
                    sum_bt += a.at(r, i) * bt.at(c, i);
                    sum_at += at.at(i, r) * b.at(i, c);
                }
                check_close(ab.at(r, c), sum, k);
                check_close(abt.at(r, c), sum_bt, k);
                check_close(atb.at(r, c), sum_at, k);
            }
        }
        for (size_t i = 0; i < ab.storage.size(); ++i) {
            const long column = (static_cast<long>(i) - 2) % (n + 3);
            if (i < 2 || column >= n || static_cast<long>(i) - 2 >= static_cast<long>(m) * (n + 3))
                CHECK(ab.storage[i] == before.storage[i]);
        }
    }
}

TEST_CASE("matrix -- the same product gives the same bytes") {
    Rng rng(2);
    const Block a(33, 784, rng), b(20, 784, rng);
    Block first(33, 20, rng), second(33, 20, rng);
    multiply_transposed(a.view, b.view, first.view);
    multiply_transposed(a.view, b.view, second.view);
    for (int r = 0; r < 33; ++r)
        for (int c = 0; c < 20; ++c)
            CHECK(first.at(r, c) == second.at(r, c));
}

}  // namespace permloom
