/// One layer of a network description: the weights and what follows them.
#pragma once

#include <string>
#include <variant>
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
    dissimilar,     ///< every neuron draws its own distribution and scale (7.3)
    shared,  ///< {0, value}; on split rails trained as {-value, 0, value}, built as {0, value}
    signed_shared,  ///< {-value, 0, value}, a device that carries the sign; single rail only
};

/// exact: every neuron keeps round(keep * lines) devices (two signs: round(keep * lines / 2) of
/// each); bernoulli: each device is kept with probability `keep`, so the counts differ by neuron.
enum class Pruning { exact, bernoulli };
enum class Activation { relu, clip, none };  ///< clip(z, 0, 1); the last layer has none

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

/// Extents of an image or a feature map; values lie rows x columns x channels (NHWC).
struct Shape {
    int rows = 1, columns = 1, channels = 0;

    int size() const { return rows * columns * channels; }
    bool operator==(const Shape&) const = default;
};

/// valid: only whole windows; same: ceil(extent / stride) windows, zeros around, the odd one below
/// and to the right (Keras).
enum class Padding { valid, same };

/// A convolution; the weight vector of a channel is ordered row of the kernel, column, channel.
struct ConvSpec {
    int kernel = 3, stride = 1;
    Padding padding = Padding::valid;

    bool operator==(const ConvSpec&) const = default;
};

enum class BiasValues { zeros, he_uniform };

/// One number a neuron, moved by the optimiser; `permuted`: the bias vector of the layer is itself
/// one weight vector, synced like the others.
struct BiasSpec {
    BiasValues values = BiasValues::zeros;
    bool permuted = false;

    bool operator==(const BiasSpec&) const = default;
};

/// Keras' constants of batch norm.
inline constexpr float BATCH_NORM_EPSILON = 1e-3F;
inline constexpr float BATCH_NORM_MOMENTUM = 0.99F;

/// What follows the activation of a layer (YAML `then`). Batch norm is Keras' (momentum .99,
/// epsilon 1e-3); pools have their window as stride and drop what does not fill one.
struct BatchNormSpec {
    bool operator==(const BatchNormSpec&) const = default;
};
struct ActivationSpec {
    Activation kind = Activation::relu;
    bool operator==(const ActivationSpec&) const = default;
};
struct DropoutSpec {
    double rate = 0.5;
    bool operator==(const DropoutSpec&) const = default;
};
struct MaxPoolSpec {
    int window = 2;
    bool operator==(const MaxPoolSpec&) const = default;
};
struct AveragePoolSpec {
    int window = 2;  ///< 0: the whole map
    bool operator==(const AveragePoolSpec&) const = default;
};
struct FlattenSpec {
    bool operator==(const FlattenSpec&) const = default;
};
struct AddSpec {
    int layer = 0;  ///< its output, same shape, is added
    bool operator==(const AddSpec&) const = default;
};
using OpSpec = std::variant<BatchNormSpec, ActivationSpec, DropoutSpec, MaxPoolSpec,
                            AveragePoolSpec, FlattenSpec, AddSpec>;

/// Layer index that stands for the network's input.
inline constexpr int NETWORK_INPUT = -1;

struct LayerSpec {
    int inputs =
        0;  ///< fan-in of a neuron; derived: outputs of the layer read, or kernel x channels
    int outputs = 0;  ///< neurons: columns of a dense layer, channels of a convolution
    Rail rail = Rail::single;
    DeviceSpec devices;
    Activation activation = Activation::relu;
    int bits = 8;  ///< of its activations; the last layer has none and keeps 8

    std::string name{};      ///< for `from` and `add`; may be empty
    bool convolves = false;  ///< `conv` applies; else dense, on all values of its input
    ConvSpec conv{};
    bool has_bias = false;
    BiasSpec bias{};
    std::vector<OpSpec> then{};
    int from = NETWORK_INPUT;        ///< the layer read; YAML default: the one before
    Shape input{}, map{}, output{};  ///< derived: what it reads, of its sums, and after `then`

    /// Lines of the switch network = slots of a bank: 2 * inputs for dual rails, else inputs.
    int lines() const { return rail == Rail::dual ? 2 * inputs : inputs; }
    /// Whether it is a dense layer with nothing but its activation: what the passes compile.
    bool plain(int index) const {
        return !convolves && !has_bias && then.empty() && from == index - 1;
    }
    bool operator==(const LayerSpec&) const = default;
};

}  // namespace permloom
