#include "compiler/program/configuration.h"

#include <algorithm>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/perm/code.h"
#include "compiler/program/container.h"
#include "compiler/program/device_instance.h"
#include "configuration_generated.h"

namespace permloom {
namespace {

constexpr int32_t MULTIPLIER_LIMIT = 1 << 16;
constexpr int64_t OFFSET_LIMIT = int64_t{1} << 47;
constexpr uint32_t MAX_CODE = 65535;

void check_values(const Configuration& configuration, const std::string& where) {
    for (size_t l = 0; l < configuration.layers.size(); ++l) {
        const LayerConfiguration& layer = configuration.layers[l];
        const auto bad = [&](const std::string& problem) {
            throw Error(where, "layer " + std::to_string(l) + ": " + problem);
        };
        code_named(layer.code);
        if (layer.wiring_bits > layer.payload.size() * 8 ||
            layer.payload.size() * 8 - layer.wiring_bits >= 8)
            bad("the wiring is " + std::to_string(layer.payload.size()) + " bytes, stated are " +
                std::to_string(layer.wiring_bits) + " bits");
        const LayerRegisters& r = layer.registers;
        if (r.s < 0 || r.s > 47) bad("shift s = " + std::to_string(r.s) + " is outside 0..47");
        if (r.lo > r.hi) bad("lo is above hi");
        if (r.m2 < -MULTIPLIER_LIMIT || r.m2 >= MULTIPLIER_LIMIT)
            bad("multiplier m2 does not fit 17 bits");
        for (size_t j = 0; j < layer.neurons.size(); ++j) {
            const NeuronRegisters& n = layer.neurons[j];
            if (n.m < -MULTIPLIER_LIMIT || n.m >= MULTIPLIER_LIMIT)
                bad("multiplier m of neuron " + std::to_string(j) + " does not fit 17 bits");
            if (n.c < -OFFSET_LIMIT || n.c >= OFFSET_LIMIT)
                bad("offset c of neuron " + std::to_string(j) + " does not fit 48 bits");
        }
    }
    const InputSpec& input = configuration.input;
    if (!(std::isfinite(input.div) && std::isfinite(input.mean) && std::isfinite(input.scale)) ||
        input.div == 0.0 || input.scale == 0.0 || input.bits < 1 || input.bits > 16)
        throw Error(where, "the input description is not usable");
}

}  // namespace

void save_configuration(const Configuration& configuration, const std::filesystem::path& path) {
    check_values(configuration, path.string());
    flatbuffers::FlatBufferBuilder builder;
    std::vector<flatbuffers::Offset<schema::LayerConfiguration>> layers;
    for (const LayerConfiguration& layer : configuration.layers) {
        std::vector<schema::NeuronRegisters> neurons;
        for (const NeuronRegisters& n : layer.neurons)
            neurons.emplace_back(n.c, n.b, n.m);
        const LayerRegisters& r = layer.registers;
        layers.push_back(schema::CreateLayerConfigurationDirect(
            builder, layer.code.c_str(), &layer.payload, layer.wiring_bits, &neurons,
            static_cast<uint8_t>(r.s), static_cast<uint32_t>(r.z), static_cast<uint32_t>(r.lo),
            static_cast<uint32_t>(r.hi), r.relu, r.m2));
    }
    const InputSpec& in = configuration.input;
    const auto input =
        schema::CreateInput(builder, static_cast<uint32_t>(in.size), static_cast<uint8_t>(in.bits),
                            in.div, in.mean, in.scale, static_cast<uint32_t>(in.zero));
    const std::vector<uint8_t> fingerprint(configuration.chip_fingerprint.begin(),
                                           configuration.chip_fingerprint.end());
    std::vector<uint8_t> instance;
    if (configuration.instance)
        instance.assign(configuration.instance->begin(), configuration.instance->end());
    schema::FinishConfigurationBuffer(
        builder, schema::CreateConfigurationDirect(
                     builder, &fingerprint, static_cast<uint32_t>(configuration.classes), input,
                     &layers, configuration.network.c_str(), configuration.dataset.c_str(),
                     configuration.dataset_checksum.c_str(), configuration.version.c_str(),
                     configuration.float_accuracy, configuration.protocol.c_str(),
                     configuration.instance ? &instance : nullptr));
    save_container(path, CONFIGURATION_MAGIC, {builder.GetBufferPointer(), builder.GetSize()});
}

Configuration load_configuration(const std::filesystem::path& path) {
    const std::vector<uint8_t> body = load_container(path, CONFIGURATION_MAGIC);
    const std::string where = path.string();
    flatbuffers::Verifier verifier(body.data(), body.size());
    if (!schema::VerifyConfigurationBuffer(verifier))
        throw Error(where, "the content does not follow the configuration schema",
                    "was it written by another version?");
    const schema::Configuration* stored = schema::GetConfiguration(body.data());
    const auto text = [](const flatbuffers::String* s) { return s ? s->str() : std::string(); };
    const auto code = [&](uint32_t value, const char* name) {
        if (value > MAX_CODE)
            throw Error(where, std::string(name) + " = " + std::to_string(value) + " is too large");
        return static_cast<int>(value);
    };
    if (!stored->chip_fingerprint() || stored->chip_fingerprint()->size() != 32 ||
        !stored->input() || !stored->layers())
        throw Error(where, "the content is incomplete");
    Configuration configuration;
    std::copy(stored->chip_fingerprint()->begin(), stored->chip_fingerprint()->end(),
              configuration.chip_fingerprint.begin());
    if (stored->instance() != nullptr) {
        if (stored->instance()->size() != 32) throw Error(where, "the content is incomplete");
        std::copy(stored->instance()->begin(), stored->instance()->end(),
                  configuration.instance.emplace().begin());
    }
    configuration.classes = code(stored->classes(), "classes");
    const schema::Input& in = *stored->input();
    configuration.input = {
        code(in.size(), "input size"),      in.bits(), in.div(), in.mean(), in.scale(),
        code(in.zero(), "input zero point")};
    for (const schema::LayerConfiguration* one : *stored->layers()) {
        LayerConfiguration layer;
        layer.code = text(one->code());
        if (!one->payload() || !one->neurons()) throw Error(where, "a layer is incomplete");
        layer.payload.assign(one->payload()->begin(), one->payload()->end());
        layer.wiring_bits = one->wiring_bits();
        for (const schema::NeuronRegisters* n : *one->neurons())
            layer.neurons.push_back({n->b(), n->m(), n->c()});
        layer.registers = {one->s(),
                           code(one->z(), "z"),
                           code(one->lo(), "lo"),
                           code(one->hi(), "hi"),
                           one->relu(),
                           one->m2()};
        configuration.layers.push_back(std::move(layer));
    }
    configuration.network = text(stored->network());
    configuration.dataset = text(stored->dataset());
    configuration.dataset_checksum = text(stored->dataset_checksum());
    configuration.version = text(stored->version());
    configuration.float_accuracy = stored->float_accuracy();
    configuration.protocol = text(stored->protocol());
    check_values(configuration, where);
    return configuration;
}

void require_match(const Chip& chip, const Configuration& configuration, const std::string& where,
                   const DeviceInstance* instance) {
    const Sha256 actual = fingerprint(chip);
    if (configuration.chip_fingerprint != actual)
        throw Error(where,
                    "was compiled for another chip: it names " +
                        to_hex(configuration.chip_fingerprint, 16) + ", this chip is " +
                        to_hex(actual, 16),
                    "give the right --chip, or compile --onto this one");
    if (configuration.instance) {
        const std::string name = to_hex(*configuration.instance, 16);
        if (instance == nullptr)
            throw Error(where,
                        "was re-ranked for the fabricated copy " + name +
                            ", whose devices are not the chip's own",
                        "simulate --dut physical --devices with the file of that copy");
        const Sha256 given = instance_id(*instance);
        if (given != *configuration.instance)
            throw Error(where,
                        "was re-ranked for the fabricated copy " + name +
                            ", the devices given are " + to_hex(given, 16),
                        "give the file that it was compiled with (--measured)");
    }
    if (configuration.layers.size() != chip.layers.size())
        throw Error(where, "has " + std::to_string(configuration.layers.size()) +
                               " layers, the chip " + std::to_string(chip.layers.size()));
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        const LayerConfiguration& loaded = configuration.layers[l];
        if (loaded.neurons.size() != static_cast<size_t>(layer.outputs))
            throw Error(where, "layer " + std::to_string(l) + " has registers for " +
                                   std::to_string(loaded.neurons.size()) +
                                   " neurons, the chip has " + std::to_string(layer.outputs));
        const LayerRegisters& r = loaded.registers;
        const int top = (1 << layer.out_bits) - 1;
        if (l + 1 < chip.layers.size() && (r.hi > top || r.z > top))
            throw Error(where, "layer " + std::to_string(l) + ": hi or z is above " +
                                   std::to_string(top) + ", the largest activation code");
        if (r.m2 != 0 && !layer.adds())
            throw Error(where, "layer " + std::to_string(l) +
                                   ": m2 is set, but the chip adds nothing there");
    }
    if (configuration.classes < 1 || configuration.classes > chip.outputs())
        throw Error(where, std::to_string(configuration.classes) + " classes on a chip of " +
                               std::to_string(chip.outputs()) + " outputs");
    if (configuration.input.size != chip.inputs() || configuration.input.bits != chip.in_bits())
        throw Error(where, "describes " + std::to_string(configuration.input.size) + " pixels of " +
                               std::to_string(configuration.input.bits) + " bits, the chip takes " +
                               std::to_string(chip.inputs()) + " of " +
                               std::to_string(chip.in_bits()));
}

std::vector<uint16_t> quantise_pixels(const InputSpec& input, std::span<const uint8_t> pixels) {
    const double top = (1 << input.bits) - 1;
    std::vector<uint16_t> codes;
    codes.reserve(pixels.size());
    for (const uint8_t pixel : pixels) {
        // std::nearbyint in the default mode: halves to even, the same on every machine.
        const double code =
            std::nearbyint((pixel / input.div - input.mean) / input.scale) + input.zero;
        codes.push_back(static_cast<uint16_t>(std::clamp(code, 0.0, top)));
    }
    return codes;
}

}  // namespace permloom
