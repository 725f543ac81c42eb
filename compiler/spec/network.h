/// Network descriptions: what models/networks/*.yaml says, as checked values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec/layer.h"
#include "compiler/spec/training.h"

namespace permloom {

/// x_q = clamp(round((x / div - mean) / scale) + zero, 0, 2^bits - 1); the real value is
/// (x_q - zero) * scale. Training, reference and hardware all start from x_q. With bits = 0 the
/// real value x / div - mean goes in as it is: training only.
struct InputSpec {
    int size = 0;  ///< values of an image, flattened
    int bits = 8;  ///< of x_q, 1..8, or 0
    double div = 1.0, mean = 0.0, scale = 1.0;
    int zero = 0;
    Shape shape{};                ///< of an image; not declared (YAML `size`): 1 x 1 x size
    bool per_pixel_mean = false;  ///< `mean: per_pixel`: measured on the training images; bits 0

    bool operator==(const InputSpec&) const = default;
};

struct NetworkSpec {
    std::string name, about, expect;
    std::string data;  ///< data set it is meant for
    InputSpec input;
    std::vector<LayerSpec> layers;
    TrainingSpec training;

    int outputs() const { return layers.back().outputs; }
    /// Name of layer l; `layers.L` where it has none.
    std::string layer_name(size_t l) const;
    /// For messages: `layer NAME`, `layer L` where it has none.
    std::string layer_title(size_t l) const;
    bool operator==(const NetworkSpec&) const = default;
};

/// One `--set key=value`, key dotted: training.epochs, layers.0.devices.bits; `layers.*.` means
/// every layer, `layers.N+.` all from layer N on.
struct Override {
    std::string key, value;
};

/// Reads a description. Unknown, missing and ill-typed keys, values out of range and combinations
/// that no hardware can have are Errors that name `origin`, the line and the key (or the override),
/// with the nearest known key as a hint. An override replaces one value; its text is YAML, so that
/// `layers.0.devices={values: shared, ...}` replaces a whole map.
NetworkSpec parse_network(std::string_view yaml, const std::string& origin,
                          const std::vector<Override>& overrides = {});

/// The full description in canonical YAML; parse_network(to_yaml(s)) == s.
std::string to_yaml(const NetworkSpec& spec);

/// Hexadecimal SHA-256 of the canonical description without name, about and expect.
std::string fingerprint(const NetworkSpec& spec);

/// The words of the descriptions: "he_uniform", "laperm_latent", ...
std::string_view to_string(Rail rail);
std::string_view to_string(DeviceValues values);
std::string_view to_string(Pruning pruning);
std::string_view to_string(Activation activation);
std::string_view to_string(Algorithm algorithm);
std::string_view to_string(Estimator estimator);
std::string_view to_string(ScheduleKind kind);
Rail rail_from_string(std::string_view name, const std::string& where);

}  // namespace permloom
