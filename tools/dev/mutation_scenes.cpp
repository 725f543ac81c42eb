#include "tools/dev/mutation_scenes.h"

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/perm/code.h"

namespace permloom {
namespace {

int64_t between(Rng& rng, int64_t low, int64_t high) {
    return low + static_cast<int64_t>(rng.below(static_cast<uint64_t>(high - low + 1)));
}

/// The values that devices are drawn from.
struct Devices {
    int bits, lowest, highest;
    bool shared;
    int each = 1;  ///< one of so many is drawn, the rest are 0
};

ChipLayer layer_of(Engine engine, int lanes, int inputs, int outputs, Rail rail, int in_bits,
                   int out_bits, const Devices& devices, Rng& rng) {
    ChipLayer layer;
    layer.engine = engine;
    layer.lanes = lanes;
    layer.inputs = inputs;
    layer.outputs = outputs;
    layer.rail = rail;
    layer.in_bits = in_bits;
    layer.out_bits = out_bits;
    layer.device_bits = devices.bits;
    layer.shared_profile = devices.shared;
    Rng zeros(7);  // apart, so that the devices behind stay what they are
    for (int bank = 0; bank < layer.banks(); ++bank) {
        std::vector<int32_t> values;
        for (int slot = 0; slot < layer.lines(); ++slot) {
            const int64_t value = between(rng, devices.lowest, devices.highest);
            const bool drawn = zeros.below(static_cast<uint64_t>(devices.each)) == 0;
            values.push_back(drawn ? static_cast<int32_t>(value) : 0);
        }
        std::sort(values.begin(), values.end());
        layer.devices.insert(layer.devices.end(), values.begin(), values.end());
    }
    return layer;
}

/// Odd widths, several activation widths, logits of both signs.
std::vector<ChipLayer> folded_layers(Rng& rng) {
    constexpr auto FOLDED = Engine::folded;
    return {layer_of(FOLDED, 1, 11, 9, Rail::single, 4, 8, {4, -7, 7, true}, rng),
            layer_of(FOLDED, 1, 9, 7, Rail::split, 8, 6, {3, -3, 3, false}, rng),
            layer_of(FOLDED, 1, 7, 5, Rail::dual, 6, 8, {2, -1, 1, true}, rng)};
}

/// A last group with lanes to spare; windows set by neurons, by steps and by lanes; a multiplier, a
/// table of devices, neither.
std::vector<ChipLayer> engine_layers(Rng& rng) {
    constexpr auto SERIAL = Engine::serial, LEVEL = Engine::level;
    return {layer_of(SERIAL, 3, 11, 7, Rail::dual, 4, 8, {4, -7, 7, false, 2}, rng),
            layer_of(LEVEL, 4, 7, 6, Rail::split, 8, 6, {3, -3, 3, true}, rng),
            layer_of(SERIAL, 9, 6, 9, Rail::single, 6, 8, {3, -2, 3, true}, rng),
            layer_of(LEVEL, 2, 9, 5, Rail::dual, 8, 8, {2, -1, 1, false}, rng)};
}

/// Lanes to spare, one value a write and eight.
std::vector<ChipLayer> spatial_layers(Rng& rng) {
    std::vector<ChipLayer> layers = {
        layer_of(Engine::programmable, 6, 5, 8, Rail::dual, 4, 8, {4, -7, 7, false}, rng),
        layer_of(Engine::spatial, 1, 8, 8, Rail::split, 8, 6, {3, -3, 3, true}, rng),
        layer_of(Engine::spatial, 8, 8, 8, Rail::dual, 6, 8, {3, -3, 3, false}, rng),
        layer_of(Engine::folded, 1, 8, 5, Rail::split, 8, 8, {3, -3, 3, true}, rng)};
    layers[1].bit_serial = layers[3].bit_serial = true;
    return layers;
}

/// An image that two layers read. Layer 2 adds layer 1, which is as slow as it is, so that its sums
/// come without a gap from one image to the next; layer 3 adds layer 0, two images later, and
/// pools; layer 4 pools sums of a single neuron, one in every cycle.
std::vector<ChipLayer> walking_layers(Rng& rng) {
    const auto walks = [](ChipLayer layer, int zero, const Walk& walk) {
        layer.in_zero = zero;
        layer.walk = walk;
        PERMLOOM_ASSERT(layer.inputs == walk.kernel * walk.kernel * walk.map.channels);
        return layer;
    };
    const Shape image{8, 17, 2}, map{4, 9, 4};
    std::vector<ChipLayer> layers = {
        walks(layer_of(Engine::folded, 1, 18, 4, Rail::single, 4, 6, {4, -7, 7, true}, rng), 5,
              {.map = image,
               .kernel = 3,
               .stride = 2,
               .left = 1,
               .rows = 4,
               .columns = 9,
               .skip = {}}),
        walks(layer_of(Engine::serial, 16, 2, 16, Rail::dual, 4, 6, {4, -7, 7, false}, rng), 0,
              {.map = image, .stride = 2, .rows = 4, .columns = 9, .skip = {}}),
        walks(layer_of(Engine::folded, 1, 4, 16, Rail::single, 6, 8, {3, -3, 3, false}, rng), 0,
              {.map = map, .rows = 4, .columns = 9, .skip = 1}),
        walks(layer_of(Engine::serial, 4, 64, 4, Rail::single, 8, 5, {2, -1, 1, false, 6}, rng), 64,
              {.map = {4, 9, 16},
               .kernel = 2,
               .top = 1,
               .left = 1,
               .rows = 4,
               .columns = 9,
               .pool = Pool::max,
               .window = 2,
               .skip = 0}),
        walks(layer_of(Engine::level, 4, 4, 1, Rail::split, 5, 6, {3, -3, 3, true}, rng), 0,
              {.map = {2, 4, 4},
               .rows = 2,
               .columns = 4,
               .pool = Pool::sum,
               .window = 2,
               .skip = {}})};
    layers[1].from = NETWORK_INPUT;
    layers[1].decoder = Decoder::factorial_stream;
    layers[2].from = 0;
    layers.push_back(layer_of(Engine::level, 2, 2, 5, Rail::dual, 8, 8, {4, -7, 7, true}, rng));
    return layers;
}

/// Images of three beats.
std::vector<ChipLayer> control_layers(Rng& rng) {
    return {layer_of(Engine::folded, 1, 6, 4, Rail::single, 8, 8, {4, -7, 7, true}, rng),
            layer_of(Engine::serial, 2, 4, 3, Rail::single, 8, 8, {4, -7, 7, false}, rng)};
}

Chip chip_of(SceneName name) {
    Rng rng(2024);
    Chip chip;
    chip.name = "mutation";
    chip.target = "generic";
    switch (name) {
        case SceneName::folded:
            chip.layers = folded_layers(rng);
            break;
        case SceneName::engines:
            chip.layers = engine_layers(rng);
            break;
        case SceneName::spatial:
            chip.layers = spatial_layers(rng);
            break;
        case SceneName::walks:
            chip.layers = walking_layers(rng);
            break;
        case SceneName::control:
            chip.layers = control_layers(rng);
            chip.pixel_stream_bits = 16;
            break;
    }
    check(chip, "mutation check");
    return chip;
}

Configuration configuration_of(const Chip& chip, uint64_t seed) {
    Rng rng(seed);
    Configuration configuration;
    configuration.chip_fingerprint = fingerprint(chip);
    configuration.classes = chip.outputs() - 1;
    configuration.input = {chip.inputs(), chip.in_bits(), 1.0, 0.0, 1.0, 0};
    configuration.version = "mutation check";
    for (const ChipLayer& layer : chip.layers) {
        LayerConfiguration loaded;
        loaded.code = "lehmer";
        BitWriter out;
        for (int j = 0; j < layer.outputs; ++j) {
            const DeviceClasses classes = classes_of(layer.bank(j));
            code_named(loaded.code)
                .encode(canonical(Permutation::random(layer.lines(), rng), classes), classes, out);
            // The complement rail's constant leaves, so that codes spread over their whole range.
            int64_t constant = 0;
            if (layer.rail == Rail::split)
                for (const int32_t device : layer.bank(j))
                    constant += std::max(-device, 0) * layer.in_hi();
            loaded.neurons.push_back({static_cast<int32_t>(between(rng, -40, 40) - constant),
                                      static_cast<int32_t>(between(rng, 9000, 12000)),
                                      between(rng, -9000, 9000)});
        }
        loaded.wiring_bits = out.bit_count();
        loaded.payload = out.take();
        const int top = (1 << layer.out_bits) - 1;
        LayerRegisters& registers = loaded.registers;
        registers = {22 - layer.out_bits, top / 4, top / 8, top - top / 16, true};
        // Layer 0 shows its ReLU (lo below z), split rails of many inputs their lower clamp.
        if (layer.rail == Rail::split && !layer.walk) {
            registers.s = 18;
            registers.lo = top * 3 / 8;
        }
        // Sums of many wide codes.
        if (layer.adds()) {
            registers.s = 25 - layer.out_bits;
            registers.m2 = static_cast<int32_t>(between(rng, 20000, 50000));
            if (layer.walk->pool != Pool::none) registers.m2 *= -1;
        }
        configuration.layers.push_back(std::move(loaded));
    }
    return configuration;
}

std::vector<std::vector<uint16_t>> images_of(const Chip& chip, int count) {
    Rng rng(5);
    std::vector<std::vector<uint16_t>> images(static_cast<size_t>(count));
    for (auto& image : images)
        for (int i = 0; i < chip.inputs(); ++i)
            image.push_back(static_cast<uint16_t>(rng.below(uint64_t{1} << chip.in_bits())));
    return images;
}

}  // namespace

const char* to_string(SceneName name) {
    return std::array{"folded", "engines", "spatial", "walks",
                      "control"}[static_cast<size_t>(name)];
}

Scene::Scene(SceneName which)
    : name(which),
      chip(chip_of(which)),
      first(configuration_of(chip, 1)),
      second(configuration_of(chip, 2)),
      images(images_of(chip, name == SceneName::walks ? 20 : 24)) {
    // Results slower than all layers: sooner or later every one of these stands still.
    if (name == SceneName::walks) stimulus.result_stall = 0.997;
    if (name == SceneName::control) stimulus.control_gap = stimulus.control_traffic = 0.3;
    if (name == SceneName::engines || name == SceneName::spatial) stimulus.result_stall = 0.98;
}

}  // namespace permloom
