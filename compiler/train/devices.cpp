#include "compiler/train/devices.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "compiler/base/error.h"
#include "compiler/spec/device_rule.h"
#include "compiler/train/streams.h"

namespace permloom {
namespace {

size_t size(int n) {
    return static_cast<size_t>(n);
}

/// Exponential with mean 1, by comparing uniforms alone (von Neumann, 1951): the same on every
/// machine, whatever its logarithm.
double draw_exponential(Rng& random) {
    for (double whole = 0.0;; whole += 1.0) {
        const double first = random.uniform();
        double last = first;
        for (bool odd = true;; odd = !odd) {
            const double next = random.uniform();
            if (next >= last) {
                if (odd) return whole + first;
                break;
            }
            last = next;
        }
    }
}

/// 4^t for t uniform in (-1, 1), from square roots alone.
double draw_scale(Rng& random) {
    constexpr int BITS = 24;
    double scale = 0.25, factor = 16.0;
    const uint64_t bits = random.next();
    for (int i = 0; i < BITS; ++i) {
        factor = std::sqrt(factor);
        if ((bits >> i & 1) != 0) scale *= factor;
    }
    return scale;
}

/// A family and a scale of its own for every neuron, around the deviation of He's rule.
void draw_dissimilar(const LayerSpec& layer, Rng& random, std::span<double> values) {
    enum class Family : uint64_t { uniform, normal, laplace, two_point, count };
    const auto family = static_cast<Family>(random.below(static_cast<uint64_t>(Family::count)));
    const double deviation = std::sqrt(2.0 / layer.lines()) * draw_scale(random);
    for (double& value : values) {
        switch (family) {
            case Family::uniform:
                value = deviation * std::sqrt(3.0) * random.uniform(-1.0, 1.0);
                break;
            case Family::normal:
                value = deviation / CUT_NORMAL_DEVIATION * random.truncated_normal();
                break;
            case Family::laplace:
                value = deviation / std::sqrt(2.0) * draw_exponential(random) *
                        (random.chance(0.5) ? 1.0 : -1.0);
                break;
            default:
                value = random.chance(0.5) ? deviation : -deviation;
        }
    }
}

/// One vector of real values before pruning and quantisation.
void draw_values(const LayerSpec& layer, Rng& random, std::span<double> values) {
    if (layer.devices.values == DeviceValues::dissimilar) {
        draw_dissimilar(layer, random, values);
        return;
    }
    const double bound = device_limit(layer);
    for (double& value : values)
        value = is_normal(layer.devices.values)
                    ? 0.5 * bound / CUT_NORMAL_DEVIATION * random.truncated_normal()
                    : random.uniform(-bound, bound);
}

/// Sets all but the kept entries to zero.
void prune(double keep, Pruning kind, Rng& random, std::span<double> values) {
    if (keep >= 1.0) return;
    if (kind == Pruning::bernoulli) {
        for (double& value : values)
            if (!random.chance(keep)) value = 0.0;
        return;
    }
    const size_t kept = size(exactly_kept(keep, static_cast<int>(values.size())));
    std::vector<int32_t> places(values.size());
    for (size_t i = 0; i < places.size(); ++i)
        places[i] = static_cast<int32_t>(i);
    random.shuffle(std::span(places));
    for (size_t i = kept; i < places.size(); ++i)
        values[size(places[i])] = 0.0;
}

/// Signs of one vector of a signed shared value: exact pruning makes as many of each.
void draw_signs(Pruning kind, double keep, double value, Rng& random, std::span<double> values) {
    if (kind == Pruning::bernoulli) {
        for (double& entry : values)
            entry = random.chance(keep) ? (random.chance(0.5) ? value : -value) : 0.0;
        return;
    }
    const size_t each = size(exactly_kept_of_each_sign(keep, static_cast<int>(values.size())));
    std::fill(values.begin(), values.end(), 0.0);
    std::fill_n(values.begin(), each, value);
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(each), each, -value);
    random.shuffle(values);
}

void draw_vector(const LayerSpec& layer, int index, Rng& random, std::span<double> values) {
    const DeviceSpec& devices = layer.devices;
    const double keep = kept_fraction(layer, index);
    // Two rails from one ternary vector: the sign says which rail.
    if (devices.values == DeviceValues::signed_shared || layer.rail == Rail::split) {
        draw_signs(devices.pruning, keep, devices.value, random, values);
        return;
    }
    if (devices.values == DeviceValues::shared)
        std::fill(values.begin(), values.end(), devices.value);
    else
        draw_values(layer, random, values);
    prune(keep, devices.pruning, random, values);
}

/// `vectors` becomes profile and arrangement; with one profile a layer, `vectors` holds one vector
/// and each neuron places it anew.
LayerDevices arrange(const LayerSpec& layer, bool shared_profile, std::vector<float> vectors,
                     Rng& random) {
    const size_t lines = size(layer.lines());
    LayerDevices result;
    result.shared_profile = shared_profile;
    if (shared_profile) {
        for (int j = 0; j < layer.outputs; ++j) {
            result.arrangement.insert(result.arrangement.end(), vectors.begin(), vectors.end());
            random.shuffle(std::span(result.arrangement).last(lines));
        }
    } else {
        result.arrangement = vectors;
    }
    for (auto bank = vectors.begin(); bank != vectors.end();
         bank += static_cast<std::ptrdiff_t>(lines))
        std::sort(bank, bank + static_cast<std::ptrdiff_t>(lines));
    result.profile = std::move(vectors);
    return result;
}

/// The integers behind a profile of multiples of `scale`.
void set_integers(LayerDevices& devices, double scale) {
    devices.scale = scale;
    for (const float value : devices.profile)
        devices.profile_q.push_back(static_cast<int32_t>(std::lround(value / scale)));
}

}  // namespace

LayerDevices draw_devices(const LayerSpec& layer, int index, uint64_t seed) {
    const DeviceSpec& spec = layer.devices;
    PERMLOOM_ASSERT(layer.rail != Rail::split || spec.shared());
    Rng random = stream(seed, Draw::devices, static_cast<uint64_t>(index));
    const size_t lines = size(layer.lines());
    const bool quantised = spec.largest_level() > 0;
    const double scale = quantised ? device_limit(layer) / spec.largest_level() : 1.0;

    std::vector<double> values(lines);
    std::vector<float> vectors;
    for (int bank = 0; bank < (spec.shared_profile ? 1 : layer.outputs); ++bank) {
        draw_vector(layer, index, random, values);
        for (const double value : values) {
            if (!quantised) {
                vectors.push_back(static_cast<float>(value));
                continue;
            }
            const double top = spec.largest_level();
            const double level = std::clamp(std::nearbyint(value / scale), -top, top);
            vectors.push_back(static_cast<float>(level * scale + 0.0));  // no -0
        }
    }
    Rng places = stream(seed, Draw::arrangement, static_cast<uint64_t>(index));
    LayerDevices result = arrange(layer, spec.shared_profile, std::move(vectors), places);
    if (quantised) set_integers(result, scale);
    if (std::all_of(result.profile.begin(), result.profile.end(),
                    [](float v) { return v == 0.0F; }))
        throw Error("layers." + std::to_string(index) + ".devices", "every device is zero",
                    "raise keep");
    return result;
}

LayerDevices shuffled_devices(const LayerSpec& layer, int index, const LayerState& trained,
                              uint64_t seed) {
    if (layer.devices.largest_level() > 0 && trained.profile_q.empty())
        throw Error("layers." + std::to_string(index) + ".devices",
                    "asks for levels, and the weights of the run are real numbers",
                    "train the run with devices of bits: 0");
    const size_t lines = size(layer.lines());
    std::vector<float> banks = trained.profile;
    const bool shared_profile = banks.size() == lines && layer.outputs > 1;
    Rng places = stream(seed, Draw::arrangement, static_cast<uint64_t>(index));
    if (!shared_profile)
        for (int j = 0; j < layer.outputs; ++j)
            places.shuffle(std::span(banks).subspan(size(j) * lines, lines));
    LayerDevices result = arrange(layer, shared_profile, std::move(banks), places);
    result.profile_q = trained.profile_q;
    result.scale = trained.scale;
    return result;
}

LayerDevices frozen_devices(const LayerSpec& layer, int index, bool shared_profile,
                            const std::vector<int32_t>& devices, uint64_t seed) {
    const size_t lines = size(layer.lines());
    PERMLOOM_ASSERT(devices.size() == lines * size(shared_profile ? 1 : layer.outputs));
    int32_t largest = 0;
    for (const int32_t device : devices)
        largest = std::max(largest, std::abs(device));
    if (largest == 0)
        throw Error("layers." + std::to_string(index), "every device of the chip is zero");
    const int top = std::max(largest, layer.devices.largest_level());
    const double scale = device_limit(layer) / top;

    std::vector<float> vectors;
    for (const int32_t device : devices)
        vectors.push_back(static_cast<float>(device * scale));
    Rng places = stream(seed, Draw::arrangement, static_cast<uint64_t>(index));
    if (!shared_profile)
        for (int j = 0; j < layer.outputs; ++j)
            places.shuffle(std::span(vectors).subspan(size(j) * lines, lines));
    LayerDevices result = arrange(layer, shared_profile, std::move(vectors), places);
    set_integers(result, scale);
    return result;
}

}  // namespace permloom
