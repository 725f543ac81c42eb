#include <catch2/catch.hpp>

#include "tests/unit/nn/example.h"

namespace permloom {
namespace {

using testing::joined;

/// Values that go through dropout alone, and the gradient by them; 40 images are several slices.
struct Bench {
    static constexpr int VALUES = 200, IMAGES = 40;

    NetworkSpec network;
    std::vector<LayerWeights> weights;
    std::vector<float> x;
    ThreadPool pool{1};
    Graph graph;

    explicit Bench(const std::string& rate, int capacity = IMAGES)
        : network(testing::network_of(
              "[1, 1, 200]", {"outputs: 200, activation: none, then: [{dropout: " + rate + "}]",
                              "outputs: 1, activation: none"})),
          weights(identity(network)),
          graph(network, weights, {.capacity = capacity, .trains = true, .input_gradient = true}) {
        Rng rng(11);
        x = testing::random_floats(VALUES * IMAGES, rng, 0.5, 1.5);
    }

    /// A first layer that changes nothing and a last one that adds up.
    static std::vector<LayerWeights> identity(const NetworkSpec& network) {
        std::vector<LayerWeights> result = empty_weights(network);
        for (size_t i = 0; i < VALUES; ++i)
            result[0].weights[i * (VALUES + 1)] = 1.0F;
        result[1].weights.assign(VALUES, 1.0F);
        return result;
    }

    Graph::Host host() {
        const auto load = [this](const Slice& slice) {
            for (int b = slice.begin; b < slice.end; ++b)
                std::copy_n(x.data() + b * VALUES, VALUES, graph.input().row(b));
        };
        const auto finish = [this](const Slice& slice) {
            for (int b = slice.begin; b < slice.end; ++b)
                graph.logit_gradient({0, b, b + 1}).row(0)[0] = 1.0F;
        };
        return {load, finish};
    }

    std::vector<float> step(uint64_t seed, int images = IMAGES) {
        graph.differentiate(images, true, seed, host(), pool);
        return joined(graph.output(0), images);
    }
    std::vector<float> gradient() {
        const float* begin = graph.input().gradient_row(0);
        return {begin, begin + VALUES * IMAGES};
    }
};

/// Number of values that two outputs drop alike.
size_t shared_drops(const std::vector<float>& a, const std::vector<float>& b) {
    size_t count = 0;
    for (size_t i = 0; i < a.size(); ++i)
        count += a[i] == 0.0F && b[i] == 0.0F;
    return count;
}

/// Within four standard deviations of `share` of `total` independent events.
void check_share(size_t count, size_t total, double share) {
    const auto n = static_cast<double>(total);
    CHECK(std::abs(static_cast<double>(count) - n * share) <=
          4.0 * std::sqrt(n * share * (1.0 - share)));
}

}  // namespace

TEST_CASE("dropout -- drops its rate, scales the rest, and the gradient by the same mask") {
    for (const double rate : {0.0, 0.25, 0.9}) {
        CAPTURE(rate);
        Bench bench(std::to_string(rate));
        const auto y = bench.step(1), gradient = bench.gradient();
        const auto factor = static_cast<float>(1.0 / (1.0 - rate));
        size_t dropped = 0;
        bool consistent = true;
        for (size_t i = 0; i < y.size(); ++i) {
            dropped += y[i] == 0.0F;
            consistent =
                consistent && (y[i] == 0.0F ? gradient[i] == 0.0F
                                            : y[i] == bench.x[i] * factor && gradient[i] == factor);
        }
        CHECK(consistent);
        check_share(dropped, y.size(), rate);
    }
}

TEST_CASE("dropout -- the mask is the seed's: the same again, another one's independent") {
    Bench bench("0.5");
    const auto first = bench.step(1);
    CHECK(bench.step(1) == first);
    const uint64_t high = uint64_t{1} << 32;
    for (const uint64_t seed : {uint64_t{0}, uint64_t{2}, high, high + 1, 2 * high + 1}) {
        CAPTURE(seed);
        check_share(shared_drops(first, bench.step(seed)), first.size(), 0.25);
    }
}

TEST_CASE("dropout -- images, places and layers have masks of their own") {
    Bench bench("0.5");
    const auto y = bench.step(1);
    const auto images = static_cast<long>(y.size()) - Bench::VALUES;
    check_share(shared_drops({y.begin(), y.begin() + images}, {y.begin() + Bench::VALUES, y.end()}),
                static_cast<size_t>(images), 0.25);
    check_share(shared_drops({y.begin(), y.end() - 1}, {y.begin() + 1, y.end()}), y.size() - 1,
                0.25);

    // Two in a row keep a quarter, were they alike they would keep half.
    Bench twice("0.5}, {dropout: 0.5");
    const auto z = twice.step(1);
    check_share(static_cast<size_t>(std::count(z.begin(), z.end(), 0.0F)), z.size(), 0.75);
}

TEST_CASE("dropout -- an image's mask does not depend on the batch it is in") {
    Bench bench("0.5"), wide("0.5", 64);
    const auto whole = bench.step(1), part = bench.step(1, 7);
    CHECK(std::equal(part.begin(), part.end(), whole.begin()));
    CHECK(wide.step(1) == whole);
}

TEST_CASE("dropout -- none in inference, in measuring, and in steps that are not training") {
    Bench bench("0.5");
    bench.graph.infer(Bench::IMAGES, bench.host(), bench.pool);
    CHECK(joined(bench.graph.output(0), Bench::IMAGES) == bench.x);
    bench.graph.measure_statistics(Bench::IMAGES, bench.host(), bench.pool);
    CHECK(joined(bench.graph.output(0), Bench::IMAGES) == bench.x);
    bench.graph.differentiate(Bench::IMAGES, false, 1, bench.host(), bench.pool);
    CHECK(joined(bench.graph.output(0), Bench::IMAGES) == bench.x);
    CHECK(bench.gradient() == std::vector<float>(bench.x.size(), 1.0F));
}

}  // namespace permloom
