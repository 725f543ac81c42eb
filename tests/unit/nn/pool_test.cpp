#include <catch2/catch.hpp>

#include "tests/unit/nn/example.h"

namespace permloom {
namespace {

/// The gradient by a map of rows x columns x 1 of the sum over the map that `op` makes of it.
std::vector<float> gradient_of_sum(int rows, int columns, const std::string& op,
                                   const std::vector<float>& map) {
    const NetworkSpec network =
        testing::network_of("[" + std::to_string(rows) + ", " + std::to_string(columns) + ", 1]",
                            {"conv: {filters: 1, kernel: 1}, activation: none, then: [" + op + "]",
                             "outputs: 1, activation: none"});
    std::vector<LayerWeights> ones = empty_weights(network);
    for (LayerWeights& layer : ones)
        std::fill(layer.weights.begin(), layer.weights.end(), 1.0F);
    Graph graph(network, ones, {.trains = true, .input_gradient = true});
    const auto load = [&](const Slice&) {
        std::copy(map.begin(), map.end(), graph.input().row(0));
    };
    const auto finish = [&](const Slice& slice) { graph.logit_gradient(slice).row(0)[0] = 1.0F; };
    ThreadPool pool(1);
    // The second pass finds what the first has left behind.
    for (int pass = 0; pass < 2; ++pass)
        graph.differentiate(1, true, 0, {load, finish}, pool);
    const float* gradient = graph.input().gradient_row(0);
    return {gradient, gradient + map.size()};
}

}  // namespace

TEST_CASE("pool -- of equal values the first in reading order has the gradient") {
    CHECK(gradient_of_sum(4, 2, "{max_pool: 2}",
                          {1, 1,  //
                           1, 1,  //
                           0, 2,  //
                           2, 2}) == std::vector<float>{1, 0, 0, 0, 0, 1, 0, 0});
    CHECK(gradient_of_sum(2, 2, "{max_pool: 2}", {-1, -2, -1, -1}) ==
          std::vector<float>{1, 0, 0, 0});
}

TEST_CASE("pool -- rows and columns that fill no window have no gradient") {
    CHECK(gradient_of_sum(3, 5, "{max_pool: 2}",
                          {1, 2, 5, 6, 9,                                        //
                           3, 4, 8, 7, 9,                                        //
                           9, 9, 9, 9, 9}) == std::vector<float>{0, 0, 0, 0, 0,  //
                                                                 0, 1, 1, 0, 0,  //
                                                                 0, 0, 0, 0, 0});
    constexpr float Q = 0.25F;
    CHECK(gradient_of_sum(3, 5, "{average_pool: 2}", std::vector<float>(15, 1)) ==
          std::vector<float>{Q, Q, Q, Q, 0,  //
                             Q, Q, Q, Q, 0,  //
                             0, 0, 0, 0, 0});
}

TEST_CASE("pool -- the largest windows: the whole map") {
    std::vector<float> map(17 * 17), want(map.size());
    map[271] = want[271] = 1.0F;
    CHECK(gradient_of_sum(17, 17, "{max_pool: 17}", map) == want);
    CHECK(gradient_of_sum(2, 4, "global_average_pool", {1, 2, 3, 4, 5, 6, 7, 8}) ==
          std::vector<float>(8, 0.125F));
}

}  // namespace permloom
