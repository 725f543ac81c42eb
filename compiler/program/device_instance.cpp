#include "compiler/program/device_instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "compiler/base/error.h"
#include "compiler/program/canonical.h"
#include "compiler/program/container.h"
#include "devices_generated.h"

namespace permloom {
namespace {

/// The bits of a number; all that are none are one.
int64_t bits_of(float value) {
    return std::bit_cast<int32_t>(std::isnan(value) ? std::numeric_limits<float>::quiet_NaN()
                                                    : value);
}

bool is_missing(const LayerInstance& layer, size_t cell) {
    return std::isnan(layer.plus[cell]) || (!layer.minus.empty() && std::isnan(layer.minus[cell]));
}

void check_layer(const LayerInstance& layer, const ChipLayer& shape, SignScheme sign,
                 const std::string& where, double missing_limit) {
    if (layer.banks != 1 && layer.banks != shape.outputs)
        throw Error(where, fmt::format("{} banks, the chip's layer has 1 or {}", layer.banks,
                                       shape.outputs));
    if (layer.banks == 1 && shape.outputs > 1 && !shape.shared_profile)
        throw Error(where, "one bank for a layer whose neurons have devices of their own");
    const auto lines = static_cast<size_t>(shape.lines());
    const size_t cells = static_cast<size_t>(layer.banks) * lines;
    if (layer.plus.size() != cells)
        throw Error(where, fmt::format("{} devices, {} expected", layer.plus.size(), cells));
    if (layer.minus.size() != (has_pairs(shape, sign) ? cells : 0))
        throw Error(where, fmt::format("{} second devices, {} expected", layer.minus.size(),
                                       has_pairs(shape, sign) ? cells : 0));
    if (!std::isfinite(layer.reference)) throw Error(where, "its reference is not finite");
    const auto check_values = [&](const std::vector<float>& values, bool may_be_negative) {
        for (size_t cell = 0; cell < values.size(); ++cell) {
            if (std::isnan(values[cell])) continue;
            const std::string at =
                fmt::format("{}, neuron {}, slot {}", where, cell / lines, cell % lines);
            if (std::isinf(values[cell])) throw Error(at, "the conductance is infinite");
            if (values[cell] < 0.0F && !may_be_negative)
                throw Error(at, fmt::format("negative conductance {}", values[cell]),
                            "only devices that carry their sign (scheme carried) may be negative");
        }
    };
    check_values(layer.plus, sign == SignScheme::carried);
    check_values(layer.minus, false);
    const size_t missing = layer.missing();
    if (static_cast<double>(missing) > missing_limit * static_cast<double>(cells))
        throw Error(where,
                    fmt::format("{} of {} cells are missing, at most {:g} % may be", missing, cells,
                                100.0 * missing_limit),
                    "measure them, or raise --missing-limit");
    for (const LayerStuckSwitch& stuck : layer.stuck)
        if (!shape.has_network() || stuck.network < 0 || stuck.stage < 0 || stuck.index < 0 ||
            stuck.network >= (shape.engine == Engine::spatial ? shape.outputs : 1))
            throw Error(where, fmt::format("a stuck switch of network {}, stage {}, which the "
                                           "layer does not have",
                                           stuck.network, stuck.stage));
}

}  // namespace

size_t LayerInstance::missing() const {
    size_t count = 0;
    for (size_t cell = 0; cell < plus.size(); ++cell)
        count += is_missing(*this, cell) ? 1 : 0;
    return count;
}

bool has_pairs(const ChipLayer& layer, SignScheme sign) {
    return sign == SignScheme::pair && layer.rail != Rail::split &&
           std::ranges::any_of(layer.devices, [](int32_t device) { return device < 0; });
}

double measured_value(const ChipLayer& layer, const LayerInstance& instance, int bank, int slot) {
    const size_t cell =
        static_cast<size_t>(bank) * static_cast<size_t>(layer.lines()) + static_cast<size_t>(slot);
    const double plus = static_cast<double>(instance.plus[cell]);
    if (!instance.minus.empty()) return plus - static_cast<double>(instance.minus[cell]);
    const double value = plus - instance.reference;
    const bool complement =
        layer.rail == Rail::split && layer.bank(bank)[static_cast<size_t>(slot)] < 0;
    return complement ? -value : value;
}

std::vector<double> measured_bank(const ChipLayer& layer, const LayerInstance& instance,
                                  int neuron) {
    const int bank = instance.banks == 1 ? 0 : neuron;
    std::vector<double> values(static_cast<size_t>(layer.lines()));
    for (int slot = 0; slot < layer.lines(); ++slot) {
        double& value = values[static_cast<size_t>(slot)];
        const int32_t nominal = layer.bank(neuron)[static_cast<size_t>(slot)];
        if (layer.engine == Engine::serial && nominal == 0) continue;
        value = measured_value(layer, instance, bank, slot);
        if (std::isnan(value)) value = nominal;
    }
    return values;
}

Sha256 instance_id(const DeviceInstance& instance) {
    Canonical content;
    content.text("permloom devices 1");
    for (const uint8_t byte : instance.chip_fingerprint)
        content.number(byte);
    content.number(static_cast<int64_t>(instance.sign));
    for (const LayerInstance& layer : instance.layers) {
        content.number(layer.banks);
        content.number(std::bit_cast<int64_t>(layer.reference));
        for (const std::vector<float>* values : {&layer.plus, &layer.minus}) {
            content.number(static_cast<int64_t>(values->size()));
            for (const float value : *values)
                content.number(bits_of(value));
        }
        content.number(static_cast<int64_t>(layer.stuck.size()));
        for (const LayerStuckSwitch& stuck : layer.stuck)
            for (const int number : {stuck.network, stuck.stage, stuck.index, +stuck.crossed})
                content.number(number);
    }
    return sha256(content.bytes());
}

void check(const DeviceInstance& instance, const Chip& chip, const std::string& where,
           double missing_limit) {
    const Sha256 actual = fingerprint(chip);
    if (instance.chip_fingerprint != actual)
        throw Error(where,
                    fmt::format("are the devices of another chip: they name {}, this chip is {}",
                                to_hex(instance.chip_fingerprint, 16), to_hex(actual, 16)),
                    "give the chip that they were made or measured for");
    if (instance.layers.size() != chip.layers.size())
        throw Error(where, fmt::format("{} layers, the chip has {}", instance.layers.size(),
                                       chip.layers.size()));
    for (size_t l = 0; l < chip.layers.size(); ++l)
        check_layer(instance.layers[l], chip.layers[l], instance.sign,
                    fmt::format("{}: layer {}", where, l), missing_limit);
}

void save_instance(const DeviceInstance& instance, const std::filesystem::path& path) {
    flatbuffers::FlatBufferBuilder builder;
    std::vector<flatbuffers::Offset<schema::LayerInstance>> layers;
    for (const LayerInstance& layer : instance.layers) {
        std::vector<schema::StuckSwitch> stuck;
        for (const LayerStuckSwitch& one : layer.stuck)
            stuck.emplace_back(static_cast<uint32_t>(one.network), static_cast<uint32_t>(one.stage),
                               static_cast<uint32_t>(one.index), one.crossed);
        layers.push_back(
            schema::CreateLayerInstanceDirect(builder, static_cast<uint32_t>(layer.banks),
                                              &layer.plus, &layer.minus, layer.reference, &stuck));
    }
    const std::vector<uint8_t> fingerprint(instance.chip_fingerprint.begin(),
                                           instance.chip_fingerprint.end());
    schema::FinishDeviceInstanceBuffer(
        builder, schema::CreateDeviceInstanceDirect(
                     builder, &fingerprint, static_cast<uint8_t>(instance.sign),
                     instance.origin.c_str(), instance.seed, &layers));
    save_container(path, DEVICES_MAGIC, {builder.GetBufferPointer(), builder.GetSize()});
}

DeviceInstance load_instance(const std::filesystem::path& path) {
    const std::vector<uint8_t> body = load_container(path, DEVICES_MAGIC);
    const std::string where = path.string();
    flatbuffers::Verifier verifier(body.data(), body.size());
    if (!schema::VerifyDeviceInstanceBuffer(verifier))
        throw Error(where, "the content does not follow the devices schema",
                    "was it written by another version?");
    const schema::DeviceInstance* stored = schema::GetDeviceInstance(body.data());
    if (stored->chip_fingerprint() == nullptr || stored->chip_fingerprint()->size() != 32 ||
        stored->layers() == nullptr || stored->sign() > static_cast<int>(SignScheme::carried))
        throw Error(where, "the content is incomplete");
    DeviceInstance instance;
    std::copy(stored->chip_fingerprint()->begin(), stored->chip_fingerprint()->end(),
              instance.chip_fingerprint.begin());
    instance.sign = static_cast<SignScheme>(stored->sign());
    if (stored->origin() != nullptr) instance.origin = stored->origin()->str();
    instance.seed = stored->seed();
    for (const schema::LayerInstance* one : *stored->layers()) {
        if (one->plus() == nullptr || one->minus() == nullptr || one->stuck() == nullptr ||
            one->banks() > std::numeric_limits<uint16_t>::max())
            throw Error(where, "a layer is incomplete");
        LayerInstance layer;
        layer.banks = static_cast<int>(one->banks());
        layer.plus.assign(one->plus()->begin(), one->plus()->end());
        layer.minus.assign(one->minus()->begin(), one->minus()->end());
        layer.reference = one->reference();
        for (const schema::StuckSwitch* stuck : *one->stuck())
            layer.stuck.push_back({static_cast<int>(stuck->network()),
                                   static_cast<int>(stuck->stage()),
                                   static_cast<int>(stuck->index()), stuck->crossed()});
        instance.layers.push_back(std::move(layer));
    }
    return instance;
}

}  // namespace permloom
