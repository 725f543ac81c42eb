#include "compiler/train/net.h"

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/train/inputs.h"
#include "compiler/train/streams.h"

namespace permloom {
namespace {

/// Rows of one piece of parallel work.
constexpr int ROWS = 8;

Nonlinearity nonlinearity(Activation activation) {
    switch (activation) {
        case Activation::relu:
            return Nonlinearity::relu;
        case Activation::clip:
            return Nonlinearity::clip;
        case Activation::none:
            return Nonlinearity::none;
    }
    return Nonlinearity::none;
}

/// line + complement of the lines that layer l reads; `range` is where the activations before it
/// end.
float complement_sum_of(const NetworkSpec& network, size_t l, double range) {
    return static_cast<float>(l == 0 ? Inputs::complement_sum(network.input) : range);
}

DenseLayer empty_dense(const LayerSpec& spec, bool last) {
    DenseLayer dense;
    dense.inputs = spec.inputs;
    dense.outputs = spec.outputs;
    dense.nonlinearity = last ? Nonlinearity::none : nonlinearity(spec.activation);
    dense.weights.resize(static_cast<size_t>(spec.inputs) * static_cast<size_t>(spec.outputs));
    if (spec.rail == Rail::dual) dense.bias.resize(static_cast<size_t>(spec.outputs));
    return dense;
}

/// Rail dual: sum_i p_i x_i + q_i (c - x_i) = sum_i (p_i - q_i) x_i + c sum_i q_i.
void fold_dual(const float* weights, float complement_sum, int row, DenseLayer& dense) {
    float* folded = dense.weights.data() + static_cast<long>(row) * dense.inputs;
    double complements = 0.0;
    for (int i = 0; i < dense.inputs; ++i) {
        folded[i] = weights[i] - weights[dense.inputs + i];
        complements += weights[dense.inputs + i];
    }
    dense.bias[static_cast<size_t>(row)] = static_cast<float>(complements * complement_sum);
}

std::vector<float> projected_weights(const LayerState& state, const LayerSpec& spec) {
    const auto lines = static_cast<size_t>(spec.lines());
    const bool shared_profile = state.profile.size() == lines && spec.outputs > 1;
    std::vector<float> weights(state.source.size());
    for (size_t j = 0; j < static_cast<size_t>(spec.outputs); ++j)
        scatter(std::span(state.source).subspan(j * lines, lines),
                std::span(state.profile).subspan(shared_profile ? 0 : j * lines, lines),
                std::span(weights).subspan(j * lines, lines));
    return weights;
}

}  // namespace

TrainingNet::TrainingNet(const NetworkSpec& network, std::vector<LayerDevices> devices,
                         uint64_t seed) {
    for (size_t l = 0; l < network.layers.size(); ++l) {
        LayerParameters layer;
        layer.shared_profile = devices[l].shared_profile;
        layer.profile = std::move(devices[l].profile);
        layer.profile_q = std::move(devices[l].profile_q);
        layer.scale = devices[l].scale;
        add_layer(network, l, std::move(layer));
        Rng random = stream(seed, Draw::latents, l);
        algorithms_[l]->start(layers_[l], devices[l].arrangement, random);
        layers_[l].first_moment.assign(layers_[l].owned.size(), 0.0F);
        layers_[l].second_moment.assign(layers_[l].owned.size(), 0.0F);
    }
    set_constants();
}

TrainingNet::TrainingNet(const NetworkSpec& network, const Checkpoint& checkpoint, Continue how) {
    PERMLOOM_ASSERT(network.layers.size() == checkpoint.layers.size());
    for (size_t l = 0; l < network.layers.size(); ++l) {
        const LayerState& state = checkpoint.layers[l];
        const LayerSpec& spec = network.layers[l];
        LayerParameters layer;
        layer.shared_profile =
            state.profile.size() == static_cast<size_t>(spec.lines()) && spec.outputs > 1;
        layer.profile = state.profile;
        layer.profile_q = state.profile_q;
        layer.scale = state.scale;
        layer.alpha = state.alpha;
        layer.offset = state.offset;
        add_layer(network, l, std::move(layer));
        if (how == Continue::resume) {
            const TrainingState& training = checkpoint.training;
            layers_[l].owned = training.weights[l];
            layers_[l].auxiliary = training.auxiliary[l];
            layers_[l].first_moment = training.first_moment[l];
            layers_[l].second_moment = training.second_moment[l];
        } else {
            algorithms_[l]->start_from(layers_[l], projected_weights(state, spec), state.latent);
            layers_[l].first_moment.assign(layers_[l].owned.size(), 0.0F);
            layers_[l].second_moment.assign(layers_[l].owned.size(), 0.0F);
        }
    }
    set_constants();
}

void TrainingNet::add_layer(const NetworkSpec& network, size_t l, LayerParameters layer) {
    const LayerSpec& spec = network.layers[l];
    layer.inputs = spec.inputs;
    layer.outputs = spec.outputs;
    layer.lines = spec.lines();
    layer.rail = spec.rail;
    algorithms_.push_back(make_algorithm(network.training, layer, static_cast<int>(l)));
    layers_.push_back(std::move(layer));
    dense_.push_back(empty_dense(spec, l + 1 == network.layers.size()));
    // A clipped activation ends at 1. What ends nowhere has no complement: the reader of network
    // descriptions refuses such rails.
    PERMLOOM_ASSERT(l == 0 || spec.rail == Rail::single ||
                    network.layers[l - 1].activation == Activation::clip);
    complement_sums_.push_back(complement_sum_of(network, l, 1.0));
}

bool TrainingNet::has_period() const {
    return std::any_of(algorithms_.begin(), algorithms_.end(),
                       [](const auto& algorithm) { return algorithm->has_period(); });
}

void TrainingNet::for_each_row(ThreadPool& pool,
                               const std::function<void(size_t, int)>& body) const {
    std::vector<std::pair<size_t, int>> pieces;
    for (size_t l = 0; l < layers_.size(); ++l)
        for (int row = 0; row < layers_[l].outputs; row += ROWS)
            pieces.emplace_back(l, row);
    pool.for_each(static_cast<int>(pieces.size()), [&](int piece) {
        const auto [l, first] = pieces[static_cast<size_t>(piece)];
        for (int row = first; row < std::min(first + ROWS, layers_[l].outputs); ++row)
            body(l, row);
    });
}

void TrainingNet::sync(int64_t t, int k, ThreadPool& pool) {
    const auto due = [&](const auto& algorithm) { return algorithm->due(t, k); };
    if (std::none_of(algorithms_.begin(), algorithms_.end(), due)) return;
    for_each_row(pool, [&](size_t l, int row) {
        if (!algorithms_[l]->due(t, k)) return;
        thread_local Ranker ranker;
        algorithms_[l]->sync(layers_[l], row, ranker);
        derive(l, row, 0, layers_[l].lines);
    });
}

void TrainingNet::derive(size_t l, int row, int begin, int end) {
    const LayerParameters& layer = layers_[l];
    if (layer.rail != Rail::dual) {
        float* weights = dense_[l].weights.data() + static_cast<long>(row) * layer.lines + begin;
        algorithms_[l]->derive(layer, row, begin, end, weights);
        return;
    }
    PERMLOOM_ASSERT(begin == 0 && end == layer.lines);
    thread_local std::vector<float> weights;
    weights.resize(static_cast<size_t>(layer.lines));
    algorithms_[l]->derive(layer, row, begin, end, weights.data());
    fold_dual(weights.data(), complement_sums_[l], row, dense_[l]);
}

void TrainingNet::derive_all(ThreadPool& pool) {
    for_each_row(pool, [&](size_t l, int row) { derive(l, row, 0, layers_[l].lines); });
}

void TrainingNet::set_constants() {
    for (size_t l = 0; l < layers_.size(); ++l) {
        const double unit = algorithms_[l]->unit(layers_[l]);
        dense_[l].alpha = static_cast<float>(layers_[l].alpha * unit);
        dense_[l].offset = static_cast<float>(layers_[l].offset / unit);
    }
}

std::vector<LayerState> TrainingNet::project(int64_t t, int k, ThreadPool& pool) const {
    std::vector<LayerState> states(layers_.size());
    for (size_t l = 0; l < layers_.size(); ++l) {
        const LayerParameters& layer = layers_[l];
        LayerState& state = states[l];
        state.source.resize(layer.owned.size());
        state.latent.resize(layer.owned.size());
        state.scale = layer.scale;
        state.alpha = layer.alpha;
        state.offset = layer.offset;
        if (algorithms_[l]->keeps_devices()) {
            state.profile = layer.profile;
            state.profile_q = layer.profile_q;
        } else {
            state.profile.resize(layer.owned.size());
            state.scale = 1.0;
        }
    }
    for_each_row(pool, [&](size_t l, int row) {
        const LayerParameters& layer = layers_[l];
        const auto n = static_cast<size_t>(layer.lines), at = static_cast<size_t>(row) * n;
        const std::span<int32_t> source = std::span(states[l].source).subspan(at, n);
        const bool synced = algorithms_[l]->due(t, k);
        const std::span<const float> latent = algorithms_[l]->latent(layer, row, synced);
        std::copy(latent.begin(), latent.end(), states[l].latent.begin() + static_cast<long>(at));
        thread_local Ranker ranker;
        ranker.rank(latent, source);
        if (!algorithms_[l]->keeps_devices())
            for (size_t r = 0; r < n; ++r)
                states[l].profile[at + r] = latent[static_cast<size_t>(source[r])];
        const bool shared = layer.shared_profile && algorithms_[l]->keeps_devices();
        make_canonical(std::span(states[l].profile).subspan(shared ? 0 : at, n), source);
    });
    return states;
}

void TrainingNet::save_state(TrainingState& training) const {
    training.weights.clear();
    training.auxiliary.clear();
    training.first_moment.clear();
    training.second_moment.clear();
    for (const LayerParameters& layer : layers_) {
        training.weights.push_back(layer.owned);
        training.auxiliary.push_back(layer.auxiliary);
        training.first_moment.push_back(layer.first_moment);
        training.second_moment.push_back(layer.second_moment);
    }
}

std::vector<DenseLayer> projected_layers(const NetworkSpec& network,
                                         const std::vector<LayerState>& layers) {
    std::vector<DenseLayer> result;
    for (size_t l = 0; l < layers.size(); ++l) {
        const LayerSpec& spec = network.layers[l];
        DenseLayer dense = empty_dense(spec, l + 1 == layers.size());
        dense.alpha = static_cast<float>(layers[l].alpha);
        dense.offset = static_cast<float>(layers[l].offset);
        const std::vector<float> weights = projected_weights(layers[l], spec);
        const float sum = complement_sum_of(network, l, l == 0 ? 0.0 : layers[l - 1].act_range);
        if (spec.rail == Rail::dual)
            for (int j = 0; j < spec.outputs; ++j)
                fold_dual(weights.data() + static_cast<long>(j) * spec.lines(), sum, j, dense);
        else
            dense.weights = weights;
        result.push_back(std::move(dense));
    }
    return result;
}

}  // namespace permloom
