/// Door 2, second half: the configuration. Everything that can be loaded into a chip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/program/chip.h"

namespace permloom {

struct DeviceInstance;

/// Post-op of one neuron: t = acc + b; u = t * m + c (design.md section 4).
struct NeuronRegisters {
    int32_t b = 0;
    int32_t m = 0;  ///< signed 17 bit
    int64_t c = 0;  ///< signed 48 bit
    bool operator==(const NeuronRegisters&) const = default;
};

/// y = clamp(z + floor((u + skip * m2 + round) / 2^s), lo, hi), round = s ? 2^(s-1) : 0; t >= 0
/// first if relu. `skip` is the code of the layer that is added; its zero point is part of c.
struct LayerRegisters {
    int s = 0, z = 0, lo = 0, hi = 255;
    bool relu = false;
    int32_t m2 = 0;  ///< signed 17 bit; 0 where nothing is added
    bool operator==(const LayerRegisters&) const = default;
};

/// Bits of the registers themselves: of a neuron b, m, c; of a layer s, relu, z, lo, hi, and m2 of
/// one that adds; and of a configuration's number of classes.
inline constexpr uint64_t NEURON_REGISTER_BITS = 32 + 17 + 48;
inline constexpr uint64_t LAYER_REGISTER_BITS = 6 + 1 + 3 * 16;
inline constexpr uint64_t SKIP_REGISTER_BITS = 17;
inline constexpr uint64_t CLASSES_BITS = 16;

struct LayerConfiguration {
    std::string code;              ///< name of the wiring code
    std::vector<uint8_t> payload;  ///< the codes of all neurons, one bit string
    uint64_t wiring_bits = 0;      ///< bits of `payload` in use
    std::vector<NeuronRegisters> neurons;
    LayerRegisters registers;
    bool operator==(const LayerConfiguration&) const = default;
};

struct Configuration {
    Sha256 chip_fingerprint{};
    /// instance_id of the fabricated copy that it was re-ranked for; none: for any copy.
    std::optional<Sha256> instance;
    int classes = 0;  ///< argmax is over the first `classes` logits
    InputSpec input;  ///< how the host turns pixels into codes
    std::vector<LayerConfiguration> layers;
    std::string network, dataset, dataset_checksum, version;
    double float_accuracy =
        -1.0;  ///< of the checkpoint, -1 when unknown; `protocol` says how chosen
    std::string protocol;
    bool operator==(const Configuration&) const = default;
};

void save_configuration(const Configuration& configuration, const std::filesystem::path& path);
Configuration load_configuration(const std::filesystem::path& path);

/// Throws Error unless `configuration` names this chip and has its shape, and where it was
/// re-ranked for a fabricated copy, unless `instance` is that copy.
void require_match(const Chip& chip, const Configuration& configuration, const std::string& where,
                   const DeviceInstance* instance = nullptr);

/// Codes of an image's pixels, InputSpec's formula.
std::vector<uint16_t> quantise_pixels(const InputSpec& input, std::span<const uint8_t> pixels);

}  // namespace permloom
