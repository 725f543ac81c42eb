/// One fabricated copy of a chip: what its devices measure, and which of its switches are stuck.
///
/// Sampled (`permloom fabricate`) or measured in a laboratory (`permloom fabricate --measured`);
/// NAME.devices is a container like NAME.chip (FORMAT.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "compiler/base/digest.h"
#include "compiler/program/chip.h"
#include "compiler/spec/device_model.h"

namespace permloom {

/// Of a switch network of a layer: `network` 0 of engine folded, the neuron of engine spatial.
struct LayerStuckSwitch {
    int network = 0, stage = 0, index = 0;
    bool crossed = false;
    bool operator==(const LayerStuckSwitch&) const = default;
};

/// Conductances of a layer in steps of the chip's device values. A cell that was not measured is
/// not a number.
struct LayerInstance {
    int banks = 1;             ///< 1: all neurons share the devices; else one for each neuron
    std::vector<float> plus;   ///< banks x lines
    std::vector<float> minus;  ///< as plus, where a slot is a pair; else empty
    double reference = 0.0;    ///< conductance that stands for value 0 where a slot is no pair
    std::vector<LayerStuckSwitch> stuck;
    bool operator==(const LayerInstance&) const = default;

    size_t missing() const;  ///< cells that were not measured
};

struct DeviceInstance {
    Sha256 chip_fingerprint{};
    SignScheme sign = SignScheme::pair;
    std::string origin;  ///< what it was sampled from, or the file of measurements
    uint64_t seed = 0;   ///< of the sampling; 0: measured
    std::vector<LayerInstance> layers;
    bool operator==(const DeviceInstance&) const = default;
};

/// Whether a slot of the layer has two devices under this scheme: values of both signs that are not
/// the two rails of `split`.
bool has_pairs(const ChipLayer& layer, SignScheme sign);
/// What a slot of a bank is worth in steps: the signed value that takes the place of the chip's
/// device, negative on the complement rail of `split`. NaN where a cell is missing.
double measured_value(const ChipLayer& layer, const LayerInstance& instance, int bank, int slot);
/// All slots of the bank of `neuron`. A cell that is missing is replaced by the chip's own value;
/// engine `serial` has no devices at its slots of value 0.
std::vector<double> measured_bank(const ChipLayer& layer, const LayerInstance& instance,
                                  int neuron);

/// SHA-256 over its content, the origin aside: what a configuration re-ranked for it names.
Sha256 instance_id(const DeviceInstance& instance);

/// Throws Error unless it is a copy of this chip with its shape, no conductance is negative or
/// infinite, and at most `missing_limit` (0..1) of a layer's cells are missing.
void check(const DeviceInstance& instance, const Chip& chip, const std::string& where,
           double missing_limit = 0.05);

void save_instance(const DeviceInstance& instance, const std::filesystem::path& path);
DeviceInstance load_instance(const std::filesystem::path& path);

}  // namespace permloom
