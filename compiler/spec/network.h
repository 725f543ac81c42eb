/// Network descriptions: what models/networks/*.yaml says, as checked values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace permloom {

/// Which physical lines a bank's slots choose from (design.md section 4, Rails).
enum class Rail {
    single,  ///< the n inputs
    dual,    ///< 2n lines: n inputs, then their n complements hi - x; one bank of 2n slots
    split,   ///< n lines, used twice: the largest ranks on the inputs, the smallest on complements
};

enum class DeviceValues {
    he_uniform,
    he_normal,
    glorot_uniform,
    glorot_normal,  ///< training-facts.md 7.3
    shared,  ///< {0, value}; on split rails trained as {-value, 0, value}, built as {0, value}
    signed_shared,  ///< {-value, 0, value}, a device that carries the sign; single rail only
};

/// exact: every neuron keeps round(keep * lines) devices (two signs: round(keep * lines / 2) of
/// each); bernoulli: each device is kept with probability `keep`, so the counts differ by neuron.
enum class Pruning { exact, bernoulli };
enum class Activation { relu, clip, none };  ///< clip(z, 0, 1); the last layer has none
enum class Algorithm { adam, laperm, laperm_latent };
enum class Estimator { automatic, drift, mask };

/// x_q = clamp(round((x / div - mean) / scale) + zero, 0, 2^bits - 1); the real value is
/// (x_q - zero) * scale. Training, reference and hardware all start from x_q.
struct InputSpec {
    int size = 0;  ///< pixels of an image, flattened
    int bits = 8;  ///< of x_q, 1..8
    double div = 1.0, mean = 0.0, scale = 1.0;
    int zero = 0;

    bool operator==(const InputSpec&) const = default;
};

struct DeviceSpec {
    DeviceValues values = DeviceValues::he_uniform;
    /// Levels +-(2^(bits-1)-1); 0: real values (train only), and always for the shared kinds.
    int bits = 0;
    bool shared_profile = false;  ///< one bank for the whole layer (YAML `profile: layer|neuron`)
    double keep = 1.0;            ///< fraction of non-zero devices, both signs together
    Pruning pruning = Pruning::exact;
    double value = 1.0;  ///< of the shared kinds; else 1

    bool shared() const {
        return values == DeviceValues::shared || values == DeviceValues::signed_shared;
    }
    /// Largest integer a device stands for: 1 for the shared kinds, Q = 2^(bits-1) - 1 for
    /// quantised values, 0 for real values.
    int largest_level() const { return shared() ? 1 : bits == 0 ? 0 : (1 << (bits - 1)) - 1; }

    bool operator==(const DeviceSpec&) const = default;
};

struct LayerSpec {
    int inputs = 0;  ///< derived: outputs of the layer before
    int outputs = 0;
    Rail rail = Rail::single;
    DeviceSpec devices;
    Activation activation = Activation::relu;
    int bits = 8;  ///< of its activations; the last layer has none and keeps 8

    /// Lines of the switch network = slots of a bank: 2 * inputs for dual rails, else inputs.
    int lines() const { return rail == Rail::dual ? 2 * inputs : inputs; }
    bool operator==(const LayerSpec&) const = default;
};

enum class ScheduleKind { constant, exponential, cosine, step };

/// Value at fractional epoch e of E: constant: initial; exponential: initial * decay^floor(e);
/// cosine: initial * (1 + cos(pi e / E)) / 2 + floor; step: initial * decay^(floor(e) / every).
struct Schedule {
    ScheduleKind kind = ScheduleKind::constant;
    double initial = 0.0;
    double decay = 1.0;
    double floor = 0.0;
    int every = 1;

    bool operator==(const Schedule&) const = default;
};

struct TrainingSpec {
    Algorithm algorithm = Algorithm::laperm_latent;
    Estimator estimator = Estimator::automatic;
    int epochs = 1;
    int batch = 50;
    Schedule learning_rate;
    Schedule sync_every;     ///< k in steps, rounded to at least 1
    int refresh_every = 20;  ///< steps between threshold refreshes of estimator mask
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
    double gain = 1.0;     ///< std of the pre-activation after calibration (estimator mask)
    double beta = 1.0;     ///< std of the logits after calibration (estimator mask)
    double l2 = 0.0;       ///< coefficient on the hidden layers' weights, coupled
    int shift_pixels = 0;  ///< augmentation: circular shift by up to this many pixels, per batch

    bool operator==(const TrainingSpec&) const = default;
};

struct NetworkSpec {
    std::string name, about, expect;
    std::string data;  ///< data set it is meant for
    InputSpec input;
    std::vector<LayerSpec> layers;
    TrainingSpec training;

    int outputs() const { return layers.back().outputs; }
    bool operator==(const NetworkSpec&) const = default;
};

/// One `--set key=value`, key dotted: training.epochs, layers.0.devices.bits.
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
