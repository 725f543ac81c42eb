// The behavioural model against the fast path, value by value, and against the digital model,
// cycle by cycle.
#include <catch2/catch.hpp>
#include <memory>

#include "compiler/base/error.h"
#include "compiler/program/expand.h"
#include "sim/bench/bench.h"
#include "sim/physical/systemc/physical_device.h"
#include "sim/systemc/systemc_device.h"
#include "tests/support/random_chip.h"

namespace permloom {
namespace {

/// Two devices side by side on the same input pins; its pins are the first one's.
class SideBySide final : public Device {
  public:
    SideBySide(std::unique_ptr<Device> shown, std::unique_ptr<Device> beside)
        : shown_(std::move(shown)), beside_(std::move(beside)) {}
    int probes() const override { return shown_->probes(); }
    void trace(const std::string& path) override { shown_->trace(path); }
    void tick(const PinsIn& in, PinsOut& out) override {
        PinsOut other;
        shown_->tick(in, out);
        beside_->tick(in, other);
        if (!moves_alike(out, other)) ++differing_cycles;
    }

    uint64_t differing_cycles = 0;  ///< in anything but the data

  private:
    static bool moves_alike(PinsOut left, PinsOut right) {
        for (PinsOut* pins : {&left, &right})
            for (Probe& probe : pins->probes)
                probe.value = 0;
        return left.cfg_tready == right.cfg_tready && left.pix_tready == right.pix_tready &&
               left.res_tvalid == right.res_tvalid && left.res_tlast == right.res_tlast &&
               left.ctx_active == right.ctx_active && left.ctx_valid == right.ctx_valid &&
               left.load_error == right.load_error && left.pix_error == right.pix_error &&
               left.control == right.control && left.probes == right.probes;
    }

    std::unique_ptr<Device> shown_, beside_;
};

/// Every effect, strong enough to change codes of small layers.
DeviceModel all_effects_at_once(Rng& rng) {
    DeviceModel model = ideal_model();
    model.device.sign = static_cast<SignScheme>(rng.below(3));
    model.device.on_off_ratio = 30.0;
    model.device.spread_kind = static_cast<SpreadKind>(rng.below(2));
    model.device.spread = 0.2;
    model.device.additive = 0.02;
    model.device.stuck_open = model.device.stuck_short = model.device.dead = 0.03;
    model.device.read_noise = 0.05;
    model.device.drift_exponent = 0.02;
    model.device.drift_deviation = 0.005;
    model.device.temperature_coefficient = 0.002;
    model.array.line_resistance = 1e-4;
    model.switching.insertion_loss_db = 0.1;
    model.switching.crosstalk_db = 20.0;
    model.switching.stuck_straight = model.switching.stuck_crossed = 0.05;
    model.converter.dac_bits = 3;
    model.converter.adc_bits = 5;
    model.converter.adc_full_range = rng.below(2) == 0;
    model.converter.adc_noise = 0.01;
    model.operation.seconds = 1000.0;
    model.operation.kelvin = 330.0;
    return model;
}

/// What a bit-serial layer does not know goes, and with `some` half of the rest.
DeviceModel random_model(const Chip& chip, bool some, Rng& rng) {
    DeviceModel model = all_effects_at_once(rng);
    if (some)
        for (const auto& effect : all_effects())
            if (rng.below(2) == 0) effect->remove(model);
    for (const ChipLayer& layer : chip.layers)
        if (layer.bit_serial) model = without(model, {"dac", "read_noise"}, "test");
    return model;
}

std::vector<std::vector<uint16_t>> random_images(const Chip& chip, size_t count, Rng& rng) {
    std::vector<std::vector<uint16_t>> images;
    while (images.size() < count)
        images.push_back(test::random_image(chip, rng));
    return images;
}

Stimulus rough(uint64_t seed) {
    return {.seed = seed,
            .pixel_gap = 0.3,
            .result_stall = 0.5,
            .load_gap = 0.1,
            .control_gap = 0.2,
            .control_traffic = 0.05};
}

void check_behaviour(const Chip& chip, const DeviceModel& model, uint64_t seed, Rng& rng) {
    const Configuration configuration = test::random_wiring(chip, rng).configuration;
    const FabricateOptions how{.seed = seed, .trial = static_cast<uint32_t>(rng.below(5))};
    const DeviceInstance made = fabricate(chip, model, how);
    const auto network = std::make_shared<PhysicalNetwork>(chip, configuration, made, model, how);
    if (network->needs_calibration()) network->calibrate(random_images(chip, 8, rng));

    SideBySide device(make_physical_device(*network, made, model, how), make_systemc_device(chip));
    const auto images = random_images(chip, 6, rng);
    for (int context = 0; context < chip.contexts; ++context) {
        Bench bench(chip, {&device}, {"behavioural"}, rough(seed));
        bench.reset();  // the images are numbered anew
        const auto reference = make_physical(network);
        const LoadStream stream = expand(chip, configuration, context, &made);
        REQUIRE(bench.load({stream.words, reference.get()}) == LoadError::none);
        bench.select(context);
        const BenchReport report = bench.run(images);
        INFO((report.first_difference ? report.first_difference->describe() : ""));
        CHECK(report.mismatches == 0);
        CHECK(device.differing_cycles == 0);
    }
}

Chip random_folded_chip(Rng& rng) {
    test::ChipShape shape = test::random_shape(rng);
    for (test::LayerShape& layer : shape.layers) {
        layer.engine = Engine::folded;
        layer.decoder = Decoder::none;
        layer.lanes = 1;
        layer.bit_serial = rng.below(4) == 0;
    }
    return test::random_chip(shape, rng);
}

TEST_CASE("behavioural -- codes and logits of the fast path, cycles of the digital model") {
    Rng rng(11);
    for (uint64_t seed = 1; seed <= 120; ++seed) {
        const Chip chip = random_folded_chip(rng);
        INFO("seed " << seed << ": " << test::describe(chip));
        check_behaviour(chip, random_model(chip, seed % 2 == 0, rng), seed, rng);
    }
}

TEST_CASE("behavioural -- without any effect it is the digital model") {
    Rng rng(12);
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        const Chip chip = random_folded_chip(rng);
        INFO("seed " << seed << ": " << test::describe(chip));
        check_behaviour(chip, ideal_model(), seed, rng);
    }
}

TEST_CASE("behavioural -- layers that walk") {
    Rng rng(13);
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        Chip chip = test::random_walking_chip(rng);
        for (ChipLayer& layer : chip.layers) {
            layer.engine = Engine::folded;
            layer.decoder = Decoder::none;
            layer.lanes = 1;
            layer.bit_serial = false;
        }
        INFO("seed " << seed << ": " << test::describe(chip));
        check_behaviour(chip, random_model(chip, false, rng), seed, rng);
    }
}

TEST_CASE("behavioural -- what it does not know is refused") {
    Rng rng(14);
    const auto make = [&](const test::LayerShape& layer, const DeviceModel& model) {
        const Chip chip = test::random_chip({.inputs = 5, .layers = {layer}, .in_bits = 8}, rng);
        const Configuration configuration = test::random_wiring(chip, rng).configuration;
        const DeviceInstance made = nominal_instance(chip, model);
        const PhysicalNetwork network(chip, configuration, made, model, {});
        return make_physical_device(network, made, model, {});
    };
    CHECK_THROWS_WITH(
        make({.outputs = 3, .engine = Engine::spatial}, ideal_model()),
        Catch::Contains("layer 0") && Catch::Contains("the behavioural model knows engine folded"));
    DeviceModel model = ideal_model();
    model.converter.dac_bits = 4;
    CHECK_NOTHROW(make({.outputs = 3}, model));
    CHECK_THROWS_WITH(make({.outputs = 3, .bit_serial = true}, model),
                      Catch::Contains("single bits need no DAC of 4 bits"));
    model.converter.dac_bits = 8;  // as many as the code: no effect
    CHECK_NOTHROW(make({.outputs = 3, .bit_serial = true}, model));
    model.device.read_noise = 0.1;
    CHECK_THROWS_WITH(make({.outputs = 3, .bit_serial = true}, model),
                      Catch::Contains("is known of whole inputs"));
}

}  // namespace
}  // namespace permloom
