#include "compiler/train/disturb.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>

#include "compiler/base/error.h"
#include "tests/unit/train/examples.h"
#include "tests/unit/train/runs.h"

namespace permloom {
namespace {

using testing::last;
using testing::run;
using testing::TemporaryDirectory;

std::vector<NetworkSpec> kinds() {
    std::vector<NetworkSpec> all = testing::all_kinds();
    for (NetworkSpec& network : testing::conv_kinds())
        all.push_back(std::move(network));
    for (NetworkSpec& network : all)
        network.training.epochs = 1;
    return all;
}

/// Noise that follows from layer, step and place.
void shake(const ForwardWeights& seen) {
    for (size_t i = 0; i < seen.weights.size(); ++i) {
        Rng random(seen.step << 32 | static_cast<uint64_t>(seen.layer) << 24 | (seen.first + i));
        seen.weights[i] += static_cast<float>(seen.largest * random.uniform(-0.3, 0.3));
    }
}

TrainOptions noisy(Disturb disturb) {
    TrainOptions options;
    options.disturb = std::move(disturb);
    options.noise = "shaken";
    return options;
}

}  // namespace

TEST_CASE("disturb -- what changes nothing leaves the bytes of a run without it") {
    const Dataset data = testing::striped_data(60, 30);
    for (const NetworkSpec& network : kinds()) {
        CAPTURE(to_yaml(network));
        const TemporaryDirectory plain, idle;
        run(network, data, {}, plain.path());
        TrainOptions options = noisy([](const ForwardWeights&) {});
        options.noise = "";
        run(network, data, options, idle.path());
        CHECK(last(idle) == last(plain));
    }
}

TEST_CASE("disturb -- sees every weight once in every step, as it was derived") {
    const Dataset data = testing::striped_data(60, 30);
    for (const NetworkSpec& network : kinds()) {
        CAPTURE(to_yaml(network));
        std::mutex mutex;
        std::vector<std::vector<int>> seen;
        for (const LayerSpec& layer : network.layers)
            seen.emplace_back(static_cast<size_t>(layer.outputs * layer.lines()));
        std::atomic<bool> large = false;
        const TemporaryDirectory directory;
        const Checkpoint trained = run(
            network, data, noisy([&](const ForwardWeights& weights) {
                const std::scoped_lock lock(mutex);
                for (size_t i = 0; i < weights.weights.size(); ++i) {
                    ++seen[static_cast<size_t>(weights.layer)][weights.first + i];
                    // Latents drift by less than this, and what an earlier step left is seen.
                    if (std::abs(static_cast<double>(weights.weights[i])) > weights.largest + 1.0)
                        large = true;
                    weights.weights[i] += 100.0F;
                }
            }),
            directory.path(), 2);
        for (const std::vector<int>& layer : seen)
            CHECK(layer == std::vector<int>(layer.size(), static_cast<int>(trained.training.step)));
        CHECK_FALSE(large);
    }
}

TEST_CASE("disturb -- the same bytes for any number of threads, other ones than without") {
    const Dataset data = testing::striped_data(60, 30);
    for (const NetworkSpec& network : kinds()) {
        CAPTURE(to_yaml(network));
        const TemporaryDirectory one, three, plain;
        run(network, data, noisy(shake), one.path(), 1);
        run(network, data, noisy(shake), three.path(), 3);
        CHECK(last(one) == last(three));
        // Swaps go by the signs of mean gradients, which may stay what they are: the means do not.
        CHECK(run(network, data, {}, plain.path()).training.first_moment !=
              load_checkpoint(one / "last.safetensors").training.first_moment);
    }
}

TEST_CASE("disturb -- a run with noise is resumed with the same noise, to the same bytes") {
    const Dataset data = testing::striped_data(60, 30);
    const NetworkSpec network = testing::all_kinds()[3];
    const TemporaryDirectory whole, parts;
    run(network, data, noisy(shake), whole.path());
    TrainOptions first = noisy(shake);
    first.stop_after = 2;
    TrainOptions rest = noisy(shake);
    rest.resume = run(network, data, first, parts.path());
    CHECK(rest.resume->noise == "shaken");
    run(network, data, rest, parts.path());
    CHECK(last(whole) == last(parts));

    const auto problem = [&](const TrainOptions& options) {
        try {
            run(network, data, options, parts.path());
        } catch (const Error& error) {
            return error.problem();
        }
        return std::string("accepted");
    };
    TrainOptions without;
    without.resume = rest.resume;
    CHECK(problem(without) == "the run was trained with noise: shaken");
    TrainOptions with = noisy(shake);
    with.resume = rest.resume;
    with.resume->noise = "";
    CHECK(problem(with) == "the run was trained without noise");
}

}  // namespace permloom
