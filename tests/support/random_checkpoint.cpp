#include "tests/support/random_checkpoint.h"

#include <algorithm>
#include <cmath>

#include "compiler/perm/permutation.h"

namespace permloom::testing {
namespace {

std::vector<int32_t> random_bank(const LayerSpec& layer, Rng& rng) {
    const auto n = static_cast<size_t>(layer.lines());
    std::vector<int32_t> bank(n, 0);
    if (layer.devices.values == DeviceValues::shared) {
        const bool split = layer.rail == Rail::split;
        const auto ones = static_cast<size_t>(
            std::lround(layer.devices.keep * static_cast<double>(n) / (split ? 2.0 : 1.0)));
        std::fill(bank.end() - static_cast<std::ptrdiff_t>(ones), bank.end(), 1);
        if (split) std::fill_n(bank.begin(), ones, -1);
        return bank;
    }
    const int largest = (1 << (layer.devices.bits - 1)) - 1;
    for (int32_t& device : bank)
        if (rng.chance(layer.devices.keep))
            device =
                static_cast<int32_t>(rng.below(static_cast<uint64_t>(2 * largest + 1))) - largest;
    std::ranges::sort(bank);
    return bank;
}

void random_wiring(LayerState& state, const LayerSpec& layer, Rng& rng) {
    state.source.clear();
    for (int j = 0; j < layer.outputs; ++j) {
        const Permutation source = Permutation::random(layer.lines(), rng);
        state.source.insert(state.source.end(), source.values().begin(), source.values().end());
    }
}

/// Near one and zero, one gamma in eight turned around.
LayerState::BatchNorm random_batch_norm(int channels, Rng& rng) {
    LayerState::BatchNorm norm;
    for (int c = 0; c < channels; ++c) {
        const double sign = rng.below(8) == 0 ? -1.0 : 1.0;
        norm.gamma.push_back(static_cast<float>(sign * rng.uniform(0.5, 1.5)));
        norm.beta.push_back(static_cast<float>(rng.uniform(-0.5, 0.5)));
        norm.mean.push_back(static_cast<float>(rng.uniform(-0.5, 0.5)));
        norm.variance.push_back(static_cast<float>(rng.uniform(0.5, 2.0)));
    }
    return norm;
}

LayerState random_layer(const LayerSpec& layer, double max, Rng& rng) {
    LayerState state;
    state.scale =
        layer.devices.values == DeviceValues::shared ? layer.devices.value : rng.uniform(0.01, 0.1);
    for (int bank = 0; bank < (layer.devices.shared_profile ? 1 : layer.outputs); ++bank) {
        const std::vector<int32_t> devices = random_bank(layer, rng);
        state.profile_q.insert(state.profile_q.end(), devices.begin(), devices.end());
    }
    double sum = 0.0, squares = 0.0;
    for (const int32_t device : state.profile_q) {
        state.profile.push_back(static_cast<float>(device * state.scale));
        sum += device * state.scale;
        squares += device * state.scale * device * state.scale;
    }
    random_wiring(state, layer, rng);
    state.latent.resize(state.source.size(), 0.0F);
    const double banks = layer.devices.shared_profile ? 1.0 : layer.outputs;
    const double spread = std::max(0.3 * max * std::sqrt(squares / banks), 1e-3 * max);
    // Sums centred, about a third of a ReLU cut off, the largest activations clamped.
    state.offset = layer.rail == Rail::split ? 0.0 : 0.5 * max * sum / banks;
    state.offset += spread * rng.uniform(-0.5, 0.5);
    state.alpha = rng.uniform(0.5, 2.0) / spread;
    state.act_range = 2.5;
    if (layer.has_bias)
        for (int j = 0; j < layer.outputs; ++j)
            state.bias.push_back(static_cast<float>(rng.uniform(-0.5, 0.5) * spread));
    for (const OpSpec& op : layer.then)
        if (std::holds_alternative<BatchNormSpec>(op))
            state.batch_norms.push_back(random_batch_norm(layer.outputs, rng));
    return state;
}

}  // namespace

DeviceSpec levels(int bits, bool shared_profile, double keep) {
    DeviceSpec devices;
    devices.bits = bits;
    devices.shared_profile = shared_profile;
    devices.keep = keep;
    return devices;
}

DeviceSpec one_value(double keep, double value) {
    DeviceSpec devices;
    devices.values = DeviceValues::shared;
    devices.shared_profile = true;
    devices.keep = keep;
    devices.value = value;
    return devices;
}

NetworkSpec network_of(const std::vector<int>& sizes, Rail rail, const DeviceSpec& devices,
                       Activation activation, int bits) {
    NetworkSpec network;
    network.name = "random";
    network.input = {sizes.front(), 8, 1.0, 0.0, 1.0 / 255.0, 0};
    network.input.shape = {1, 1, sizes.front()};
    for (size_t l = 1; l < sizes.size(); ++l) {
        LayerSpec layer;
        layer.inputs = sizes[l - 1];
        layer.outputs = sizes[l];
        layer.rail = rail;
        layer.devices = devices;
        layer.activation = l + 1 == sizes.size() ? Activation::none : activation;
        layer.bits = bits;
        layer.from = static_cast<int>(l) - 2;
        layer.input = {1, 1, layer.inputs};
        layer.map = layer.output = {1, 1, layer.outputs};
        network.layers.push_back(layer);
    }
    return network;
}

Checkpoint random_checkpoint(const NetworkSpec& network, Rng& rng) {
    Checkpoint checkpoint;
    checkpoint.network = network;
    checkpoint.classes = network.outputs();
    checkpoint.dataset = "random";
    const InputSpec& input = network.input;
    double max = ((1 << input.bits) - 1) * input.scale;
    for (const LayerSpec& layer : network.layers) {
        checkpoint.layers.push_back(random_layer(layer, max, rng));
        max = layer.activation == Activation::clip ? 1.0 : checkpoint.layers.back().act_range;
    }
    return checkpoint;
}

Checkpoint rewired(const Checkpoint& checkpoint, Rng& rng) {
    Checkpoint other = checkpoint;
    for (size_t l = 0; l < other.layers.size(); ++l)
        random_wiring(other.layers[l], other.network.layers[l], rng);
    return other;
}

std::vector<double> pre_activations(const Checkpoint& checkpoint, size_t l,
                                    std::span<const double> a, double complement_sum) {
    const LayerSpec& layer = checkpoint.network.layers[l];
    const LayerState& state = checkpoint.layers[l];
    const auto lines = static_cast<size_t>(layer.lines());
    const bool shared = state.profile_q.size() == lines;
    std::vector<double> z;
    for (size_t j = 0; j < static_cast<size_t>(layer.outputs); ++j) {
        double sum = 0.0;
        for (size_t r = 0; r < lines; ++r) {
            const auto i = static_cast<size_t>(state.source[j * lines + r]);
            const double line = i < a.size() ? a[i] : complement_sum - a[i - a.size()];
            sum += state.profile_q[(shared ? 0 : j * lines) + r] * state.scale * line;
        }
        z.push_back(state.alpha * (sum - state.offset));
    }
    return z;
}

}  // namespace permloom::testing
