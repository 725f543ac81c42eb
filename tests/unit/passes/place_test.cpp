#include "compiler/passes/place.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/passes/canonicalise.h"
#include "tests/support/random_checkpoint.h"

namespace permloom {
namespace {

using Catch::Matchers::Contains;
using testing::levels;
using testing::network_of;
using testing::random_checkpoint;

Checkpoint two_layers(const DeviceSpec& devices = levels(4, false)) {
    Rng rng(5);
    return random_checkpoint(network_of({10, 6, 3}, Rail::single, devices), rng);
}

Placement placed(const Checkpoint& checkpoint, const Chip* onto = nullptr) {
    return place(checkpoint, quantise(checkpoint), {{}, "chip-a", onto});
}

std::string refusal(const Checkpoint& checkpoint, const Chip& onto) {
    try {
        placed(checkpoint, &onto);
    } catch (const Error& error) {
        return error.where() + ": " + error.problem() + " | " + error.hint();
    }
    return {};
}

}  // namespace

TEST_CASE("place -- a new chip holds the devices, shapes and widths of the network") {
    const Checkpoint checkpoint = two_layers();
    const Placement placement = placed(checkpoint);
    REQUIRE(placement.chip.layers.size() == 2);
    CHECK(placement.chip.name == "chip-a");
    for (size_t l = 0; l < 2; ++l) {
        const ChipLayer& layer = placement.chip.layers[l];
        CHECK(layer.devices == checkpoint.layers[l].profile_q);
        CHECK(layer.inputs == checkpoint.network.layers[l].inputs);
        CHECK(layer.outputs == checkpoint.network.layers[l].outputs);
        CHECK(layer.device_bits == 4);
        CHECK_FALSE(layer.shared_profile);
        for (size_t j = 0; j < placement.sources[l].size(); ++j)
            for (int r = 0; r < layer.lines(); ++r)
                CHECK(placement.sources[l][j][r] ==
                      checkpoint.layers[l]
                          .source[j * static_cast<size_t>(layer.lines()) + static_cast<size_t>(r)]);
    }
}

TEST_CASE("place -- every layer has the engine that the target gives it") {
    const Checkpoint checkpoint = two_layers();
    PlaceOptions options;
    options.target.engines = {Engine::level, Engine::serial};
    options.target.lanes = 4;
    options.target.inputs_per_cycle = 2;
    const Chip chip = place(checkpoint, quantise(checkpoint), options).chip;
    CHECK(chip.layers[0].engine == Engine::level);
    CHECK(chip.layers[0].lanes == 2);
    CHECK(chip.layers[1].engine == Engine::serial);
    CHECK(chip.layers[1].lanes == 3);  // no more than neurons
    options.target.engines = {Engine::programmable};
    CHECK(place(checkpoint, quantise(checkpoint), options).chip.layers[1].lanes == 3);
    options.target.engines = {Engine::level, Engine::level, Engine::level};
    CHECK_THROWS_WITH(place(checkpoint, quantise(checkpoint), options),
                      Contains("3 engines, the network has 2 layers"));
}

TEST_CASE("place -- an unknown circuit is refused") {
    const Checkpoint checkpoint = two_layers();
    PlaceOptions options;
    options.target.circuit = "benes";
    CHECK_THROWS_WITH(place(checkpoint, quantise(checkpoint), options), Contains("benes"));
}

TEST_CASE("place -- another function of the same devices goes onto the same chip") {
    for (const bool shared : {false, true}) {
        Rng rng(6);
        const Checkpoint first = two_layers(levels(4, shared));
        const Checkpoint second = testing::rewired(first, rng);
        const Chip chip = placed(first).chip;
        const Placement placement = placed(second, &chip);
        CHECK(placement.chip == chip);
        CHECK(placement.sources != placed(first).sources);
    }
}

TEST_CASE("place -- a rank goes to the slot that holds its device") {
    const Checkpoint checkpoint = two_layers();
    Chip chip = placed(checkpoint).chip;
    Rng rng(9);
    for (ChipLayer& layer : chip.layers)
        for (size_t bank = 0; bank < layer.devices.size();
             bank += static_cast<size_t>(layer.lines()))
            rng.shuffle(std::span(layer.devices).subspan(bank, static_cast<size_t>(layer.lines())));
    const Placement placement = placed(checkpoint, &chip);
    for (size_t l = 0; l < 2; ++l) {
        const auto lines = static_cast<size_t>(chip.layers[l].lines());
        for (size_t j = 0; j < placement.sources[l].size(); ++j) {
            const Permutation slot_of_line = placement.sources[l][j].inverse();
            for (size_t r = 0; r < lines; ++r) {
                const int32_t line = checkpoint.layers[l].source[j * lines + r];
                CHECK(chip.layers[l].bank(
                          static_cast<int>(j))[static_cast<size_t>(slot_of_line[line])] ==
                      checkpoint.layers[l].profile_q[j * lines + r]);
            }
        }
    }
}

TEST_CASE("place -- onto ignores what the network calls its chip and how it stores its profiles") {
    const Checkpoint checkpoint = two_layers(levels(4, true));
    Chip chip = placed(checkpoint).chip;
    chip.name = "other";
    ChipLayer& layer = chip.layers[0];
    layer.shared_profile = false;
    const std::vector<int32_t> bank = layer.devices;
    for (int j = 1; j < layer.outputs; ++j)
        layer.devices.insert(layer.devices.end(), bank.begin(), bank.end());
    CHECK(placed(checkpoint, &chip).sources == placed(checkpoint).sources);
}

TEST_CASE("place -- a chip of another shape or width is refused, naming layer and both values") {
    const Checkpoint checkpoint = two_layers();
    const Chip chip = placed(checkpoint).chip;
    CHECK(refusal(checkpoint, chip).empty());
    const auto changed = [&](auto&& change) {
        Chip other = chip;
        change(other);
        return refusal(checkpoint, other);
    };
    CHECK_THAT(changed([](Chip& c) { c.layers.pop_back(); }), Contains("layers 1, the network 2"));
    CHECK_THAT(changed([](Chip& c) { c.layers[1].inputs = 7; }),
               Contains("layer 1") && Contains("inputs 7, the network 6"));
    CHECK_THAT(changed([](Chip& c) { c.layers[1].outputs = 4; }),
               Contains("layer 1") && Contains("outputs 4, the network 3"));
    CHECK_THAT(changed([](Chip& c) { c.layers[0].rail = Rail::split; }),
               Contains("layer 0") && Contains("split"));
    CHECK_THAT(changed([](Chip& c) { c.layers[0].in_bits = 4; }),
               Contains("layer 0") && Contains("input bits 4, the network 8"));
    CHECK_THAT(changed([](Chip& c) { c.layers[0].in_zero = 1; }),
               Contains("layer 0") && Contains("zero point 1"));
    CHECK_THAT(changed([](Chip& c) { c.layers[0].out_bits = 4; }),
               Contains("layer 0") && Contains("output bits 4"));
    // The last layer writes logits: its activation width says nothing.
    CHECK(changed([](Chip& c) { c.layers[1].out_bits = 4; }).empty());
}

TEST_CASE("place -- a chip with other devices is refused, naming the neuron") {
    const Checkpoint checkpoint = two_layers();
    Chip chip = placed(checkpoint).chip;
    int32_t& device = chip.layers[0].devices[4 * 10 + 9];
    device += 1;
    CHECK_THAT(refusal(checkpoint, chip),
               Contains("layer 0, neuron 4") && Contains("rank 9") && Contains("--devices"));
}

TEST_CASE("canonicalise -- equal devices take their lines in ascending order, weights stay") {
    Rng rng(8);
    const Checkpoint checkpoint = two_layers(levels(3, false, 0.5));
    const Placement placement = placed(checkpoint);
    const Sources sources = canonicalise(placement.chip, placement.sources);
    CHECK(canonicalise(placement.chip, sources) == sources);
    for (size_t l = 0; l < sources.size(); ++l)
        for (size_t j = 0; j < sources[l].size(); ++j) {
            const auto bank = placement.chip.layers[l].bank(static_cast<int>(j));
            const Permutation before = placement.sources[l][j].inverse();
            const Permutation after = sources[l][j].inverse();
            for (int line = 0; line < before.size(); ++line)
                CHECK(bank[static_cast<size_t>(before[line])] ==
                      bank[static_cast<size_t>(after[line])]);
            for (int r = 1; r < before.size(); ++r)
                if (bank[static_cast<size_t>(r)] == bank[static_cast<size_t>(r - 1)])
                    CHECK(sources[l][j][r - 1] < sources[l][j][r]);
        }
}

}  // namespace permloom
