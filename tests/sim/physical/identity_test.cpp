#include <catch2/catch.hpp>
#include <memory>

#include "compiler/base/error.h"
#include "sim/physical/physical.h"
#include "sim/reference/reference.h"
#include "tests/support/random_chip.h"

namespace permloom {
namespace {

bool has_fixed_devices(const Chip& chip) {
    for (const ChipLayer& layer : chip.layers)
        if (layer.engine == Engine::level || layer.engine == Engine::programmable) return false;
    return true;
}

void require_equal(const Inference& physical, const Inference& reference) {
    REQUIRE(physical.activations == reference.activations);
    REQUIRE(physical.logits == reference.logits);
    REQUIRE(physical.label == reference.label);
}

/// Ideal devices of every scheme, through the sources and through the switches of the load stream.
void check_identity(const Chip& chip, const Configuration& configuration, Rng& rng) {
    const auto reference = make_reference(chip, configuration);
    for (const SignScheme sign : {SignScheme::pair, SignScheme::offset, SignScheme::carried}) {
        DeviceModel model = ideal_model();
        model.device.sign = sign;
        const DeviceInstance made = fabricate(chip, model, {});
        check(made, chip, "made");
        const PhysicalNetwork network(chip, configuration, made, model, {});
        for (int image = 0; image < 3; ++image) {
            const auto codes = test::random_image(chip, rng);
            require_equal(network.infer(codes, static_cast<uint32_t>(image)),
                          reference->infer(codes));
        }
    }
}

TEST_CASE("physical -- without any effect it is the reference, bit for bit") {
    Rng rng(1);
    int chips = 0;
    while (chips < 150) {
        const Chip chip = test::random_chip(test::random_shape(rng), rng);
        if (!has_fixed_devices(chip)) continue;
        ++chips;
        INFO(test::describe(chip));
        check_identity(chip, test::random_wiring(chip, rng).configuration, rng);
    }
}

TEST_CASE("physical -- the same where layers walk") {
    Rng rng(2);
    int chips = 0;
    while (chips < 25) {
        const Chip chip = test::random_walking_chip(rng);
        if (!has_fixed_devices(chip)) continue;
        ++chips;
        INFO(test::describe(chip));
        check_identity(chip, test::random_wiring(chip, rng).configuration, rng);
    }
}

TEST_CASE("physical -- engines without a bank of devices are refused") {
    Rng rng(3);
    test::ChipShape shape{.inputs = 4, .layers = {{.outputs = 3, .engine = Engine::level}}};
    shape.layers.front().lanes = 2;
    const Chip chip = test::random_chip(shape, rng);
    const Configuration configuration = test::random_wiring(chip, rng).configuration;
    const DeviceModel model = ideal_model();
    CHECK_THROWS_WITH(
        PhysicalNetwork(chip, configuration, nominal_instance(chip, model), model, {}),
        Catch::Contains("engine level has no bank of devices"));
}

}  // namespace
}  // namespace permloom
