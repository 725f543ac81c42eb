#include "sim/physical/systemc/physical_device.h"

#include <fmt/format.h>

#include "compiler/base/error.h"
#include "sim/physical/systemc/physical_folded_layer.h"
#include "sim/systemc/chip_device.h"

namespace permloom {
namespace {

void require_known(const ChipLayer& layer, size_t index, const Reading& reading) {
    const std::string where = fmt::format("layer {}", index);
    if (layer.engine != Engine::folded)
        throw Error(where,
                    fmt::format("has engine {}: the behavioural model knows engine folded",
                                to_string(layer.engine)),
                    "compile for folded, or simulate without cycles");
    if (!layer.bit_serial) return;
    if (reading.dac_bits > 0 && reading.dac_bits < layer.in_bits)
        throw Error(
            where,
            fmt::format("is bit-serial: single bits need no DAC of {} bits", reading.dac_bits),
            "leave the effect dac out");
    if (reading.read_noise > 0.0)
        throw Error(where,
                    "is bit-serial: the noise of its devices is known of whole inputs, not of each "
                    "of their bits",
                    "leave the effect read_noise out");
}

}  // namespace

std::unique_ptr<Device> make_physical_device(const PhysicalNetwork& network,
                                             const DeviceInstance& instance,
                                             const DeviceModel& model,
                                             const FabricateOptions& noise) {
    const Chip& chip = network.chip();
    const SwitchPass pass = pass_of(model);
    const Reading reading = reading_of(model);
    for (size_t l = 0; l < chip.layers.size(); ++l)
        require_known(chip.layers[l], l, reading);
    const DeviceInstance used = in_use(chip, instance, model, noise);
    return systemc::make_chip_device(chip, [&](const char* name, const Chip& of, size_t index) {
        const systemc::ArrayParts parts{
            used.layers[index],
            pass,
            reading,
            network.layers()[index].setting(),
            {CounterRng(noise.seed), noise.trial, static_cast<uint32_t>(index)}};
        return std::make_unique<systemc::PhysicalFoldedLayer>(name, of, index, parts);
    });
}

}  // namespace permloom
