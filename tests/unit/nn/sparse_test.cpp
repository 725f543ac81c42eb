#include "compiler/nn/sparse.h"

#include <catch2/catch.hpp>

#include "tests/unit/nn/plain.h"
#include "tests/unit/nn/tolerance.h"

namespace permloom {
namespace {

constexpr int LINES = 70;

/// Images with some values that are not zero, one with none and one with all.
struct Images {
    SparseRows sparse;
    std::vector<double> dense;  ///< images x lines

    Images(int images, Rng& rng)
        : sparse(images, LINES), dense(static_cast<size_t>(images * LINES)) {
        for (int b = 0; b < images; ++b) {
            const double share = b == 0 ? 0.0 : b == 1 ? 1.0 : 0.3;
            const auto begin = static_cast<size_t>(b * LINES);
            size_t at = begin;
            for (int i = 0; i < LINES; ++i) {
                if (!rng.chance(share)) continue;
                sparse.line[at] = i;
                sparse.value[at] = static_cast<float>(rng.uniform(-1.0, 1.0));
                dense[begin + static_cast<size_t>(i)] = sparse.value[at++];
            }
            sparse.count[static_cast<size_t>(b)] = static_cast<int32_t>(at - begin);
        }
    }
};

}  // namespace

TEST_CASE("sparse -- products agree with plain loops for whole, broken and many panels") {
    Rng rng(1);
    constexpr int IMAGES = 6, BEGIN = 1;
    for (const int neurons : {1, 10, 16, 17, 64, 65, 100}) {
        CAPTURE(neurons);
        const Images x(IMAGES, rng);
        const auto weights = testing::random_floats(static_cast<size_t>(neurons * LINES), rng);
        AlignedFloats packed(static_cast<size_t>(panels_of(neurons) * PANEL * LINES), NAN);
        for (int panel = 0; panel < panels_of(neurons); ++panel)
            pack_panel({weights.data(), neurons, LINES, LINES}, panel,
                       packed.data() + panel * PANEL * LINES);
        // Rows are longer than the neurons; what lies behind stays.
        const int stride = neurons + 3;
        std::vector<float> z(static_cast<size_t>((IMAGES - BEGIN) * stride), 7.0F);
        std::vector<double> want(z.size(), 7.0);
        multiply_sparse(x.sparse, BEGIN, packed.data(),
                        {z.data(), IMAGES - BEGIN, neurons, stride});
        for (int b = BEGIN; b < IMAGES; ++b)
            for (int j = 0; j < neurons; ++j) {
                double& sum = want[static_cast<size_t>((b - BEGIN) * stride + j)];
                sum = 0.0;
                for (int i = 0; i < LINES; ++i)
                    sum += x.dense[static_cast<size_t>(b * LINES + i)] *
                           weights[static_cast<size_t>(j * LINES + i)];
            }
        testing::check_close(z, want, testing::SUM_TOLERANCE);
    }
}

TEST_CASE("sparse -- gradients agree with plain loops, panel by panel") {
    Rng rng(2);
    constexpr int IMAGES = 6;
    for (const int neurons : {1, 10, 16, 17, 100}) {
        CAPTURE(neurons);
        const Images x(IMAGES, rng);
        const int stride = neurons + 2;
        const auto g = testing::random_floats(static_cast<size_t>(IMAGES * stride), rng);
        std::vector<float> got(static_cast<size_t>(neurons * LINES), NAN);
        AlignedFloats scratch(PANEL * LINES);
        for (int panel = 0; panel < panels_of(neurons); ++panel) {
            const int first = panel * PANEL;
            sparse_gradient(
                x.sparse, IMAGES, {g.data(), IMAGES, neurons, stride}, panel, scratch.data(),
                {got.data() + first * LINES, std::min(PANEL, neurons - first), LINES, LINES});
        }
        std::vector<double> want(got.size());
        for (int b = 0; b < IMAGES; ++b)
            for (int j = 0; j < neurons; ++j)
                for (int i = 0; i < LINES; ++i)
                    want[static_cast<size_t>(j * LINES + i)] +=
                        double{g[static_cast<size_t>(b * stride + j)]} *
                        x.dense[static_cast<size_t>(b * LINES + i)];
        testing::check_close(got, want, testing::SUM_TOLERANCE);
    }
}

}  // namespace permloom
