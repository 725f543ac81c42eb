// Training that diverges: noticed at once, said in words, and never saved.
#include <catch2/catch.hpp>
#include <limits>

#include "compiler/base/error.h"
#include "tests/unit/train/examples.h"
#include "tests/unit/train/runs.h"

namespace permloom {
namespace {

using testing::conv_network;
using testing::last;
using testing::run;
using testing::stop_after;
using testing::TemporaryDirectory;

/// The error that ends a run which goes on from `good`.
Error diverge(const NetworkSpec& network, const TemporaryDirectory& directory,
              const Checkpoint& good) {
    const Dataset data = testing::striped_data(100, 20);
    TrainOptions options;
    options.resume = good;
    try {
        run(network, data, options, directory.path());
    } catch (const Error& error) {
        return error;
    }
    FAIL("the run ended");
    return Error("", "");
}

Checkpoint good_start(const NetworkSpec& network, const TemporaryDirectory& directory) {
    run(network, testing::striped_data(100, 20), stop_after(10), directory.path());
    return load_checkpoint(directory / "last.safetensors");
}

}  // namespace

TEST_CASE("diverging -- a huge learning rate is named, and the last good checkpoint stays") {
    for (const char* algorithm :
         {"algorithm: free", "algorithm: laperm", "algorithm: laperm_latent"}) {
        for (const char* rate : {"1e30", "1e6"}) {
            CAPTURE(algorithm, rate);
            // The rate rises after the first epoch, whose checkpoint is good.
            const NetworkSpec network = conv_network(
                {{"algorithm: laperm", algorithm},
                 {"then: [batch_norm, {max_pool: 2}, {dropout: 0.3}]", "then: [{max_pool: 2}]"},
                 {"learning_rate: 0.01",
                  std::string("learning_rate: {schedule: piecewise, initial: 0.01, at: [1], "
                              "values: [") +
                      rate + "]}"}});
            const TemporaryDirectory directory;
            std::string problem, hint;
            try {
                run(network, testing::striped_data(100, 20), {}, directory.path());
            } catch (const Error& error) {
                problem = error.problem();
                hint = error.hint();
            }
            CHECK_THAT(problem, Catch::Matches("(the loss is not a number|the loss has grown to "
                                               "[0-9.]+e\\+[0-9]+|layers.[01] holds values that "
                                               "are not finite) after step ([89]|1[0-9]|2[01])"));
            CHECK(hint == "lower training.learning_rate; last.safetensors is still that of step 7");
            const Checkpoint kept = load_checkpoint(directory / "last.safetensors");
            CHECK(kept.training.step == 7);
        }
    }
}

TEST_CASE("diverging -- before the first checkpoint there is none to speak of") {
    NetworkSpec network = conv_network({{"algorithm: laperm", "algorithm: free"}});
    network.training.learning_rate.initial = 1e30;
    const TemporaryDirectory directory;
    try {
        run(network, testing::striped_data(100, 20), {}, directory.path());
        FAIL("the run ended");
    } catch (const Error& error) {
        CHECK(error.hint() == "lower training.learning_rate");
    }
    CHECK_FALSE(std::filesystem::exists(directory / "last.safetensors"));
}

TEST_CASE("diverging -- weights and moments that are no numbers are noticed without the loss") {
    const NetworkSpec network = conv_network();
    // A second moment at infinity moves nothing: the loss stays as it is.
    const float infinite = std::numeric_limits<float>::infinity();
    for (int what = 0; what < 3; ++what) {
        const TemporaryDirectory directory;
        Checkpoint state = good_start(network, directory);
        const auto before = last(directory);
        (what == 0   ? state.training.second_moment[0][3]
         : what == 1 ? state.training.vectors[0].second_moment[1]
                     : state.training.second_moment[1][0]) = infinite;
        const Error error = diverge(network, directory, state);
        CHECK_THAT(error.problem(),
                   Catch::Matches("layers.[01] holds values that are not finite after step 14"));
        CHECK(error.hint() ==
              "lower training.learning_rate; last.safetensors is still that of step 10");
        CHECK(last(directory) == before);
    }
    const TemporaryDirectory directory;
    Checkpoint state = good_start(network, directory);
    state.training.weights[0][2] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THAT(diverge(network, directory, state).problem(), Catch::Contains("after step 1"));
}

TEST_CASE("diverging -- a checkpoint with values that are no numbers is not written") {
    const TemporaryDirectory directory;
    const Checkpoint good = good_start(conv_network(), directory);
    const auto before = last(directory);
    const auto refuses = [&](const char* entry, const auto& spoil) {
        Checkpoint bad = good;
        spoil(bad);
        CHECK_THROWS_WITH(
            save_checkpoint(bad, directory / "last.safetensors"),
            Catch::Contains(std::string("not written: '") + entry + "' is not finite"));
        CHECK(last(directory) == before);
    };
    const double infinite = std::numeric_limits<double>::infinity();
    refuses("layers.1.latent",
            [&](Checkpoint& c) { c.layers[1].latent[0] = static_cast<float>(infinite); });
    refuses("training.0.first_moment",
            [&](Checkpoint& c) { c.training.first_moment[0][0] = static_cast<float>(infinite); });
    refuses("layers.0.act_range", [&](Checkpoint& c) { c.layers[0].act_range = infinite; });
    refuses("test.loss", [&](Checkpoint& c) { c.test.loss = -infinite; });
}

}  // namespace permloom
