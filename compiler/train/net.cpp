#include "compiler/train/net.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "compiler/base/error.h"
#include "compiler/nn/graph.h"
#include "compiler/train/inputs.h"
#include "compiler/train/streams.h"

namespace permloom {
namespace {

/// Rows of one piece of parallel work.
constexpr int ROWS = 8;

/// line + complement of the lines that layer l reads; `range` is where the activations before it
/// end.
float complement_sum_of(const NetworkSpec& network, size_t l, double range) {
    return static_cast<float>(l == 0 ? Inputs::complement_sum(network.input) : range);
}

/// Rail dual: sum_i p_i x_i + q_i (c - x_i) = sum_i (p_i - q_i) x_i + c sum_i q_i.
void fold_dual(const float* weights, float complement_sum, int row, LayerWeights& layer) {
    float* folded = layer.weights.data() + static_cast<long>(row) * layer.inputs;
    double complements = 0.0;
    for (int i = 0; i < layer.inputs; ++i) {
        folded[i] = weights[i] - weights[layer.inputs + i];
        complements += weights[layer.inputs + i];
    }
    layer.bias[static_cast<size_t>(row)] = static_cast<float>(complements * complement_sum);
}

double largest_magnitude(const std::vector<float>& values) {
    float largest = 0.0F;
    for (const float value : values)
        largest = std::max(largest, std::abs(value));
    return static_cast<double>(largest);
}

std::vector<float> arranged_devices(const LayerState& state, const LayerSpec& spec) {
    const auto lines = static_cast<size_t>(spec.lines());
    const bool shared_profile = state.profile.size() == lines && spec.outputs > 1;
    std::vector<float> weights(state.source.size());
    for (size_t j = 0; j < static_cast<size_t>(spec.outputs); ++j)
        scatter(std::span(state.source).subspan(j * lines, lines),
                std::span(state.profile).subspan(shared_profile ? 0 : j * lines, lines),
                std::span(weights).subspan(j * lines, lines));
    return weights;
}

std::vector<float> initial_bias(const BiasSpec& spec, int outputs, Rng random) {
    std::vector<float> values(static_cast<size_t>(outputs));
    if (spec.values == BiasValues::zeros) return values;
    const double limit = std::sqrt(6.0 / outputs);
    for (float& value : values)
        value = static_cast<float>(random.uniform(-limit, limit));
    return values;
}

}  // namespace

TrainingNet::TrainingNet(const NetworkSpec& network, std::vector<LayerDevices> devices,
                         uint64_t seed)
    : weights_(empty_weights(network)) {
    for (size_t l = 0; l < network.layers.size(); ++l) {
        LayerParameters layer;
        layer.shared_profile = devices[l].shared_profile;
        layer.profile = std::move(devices[l].profile);
        layer.profile_q = std::move(devices[l].profile_q);
        layer.scale = devices[l].scale;
        add_layer(network, l, std::move(layer));
        Rng random = stream(seed, Draw::latents, l);
        algorithms_[l]->start(layers_[l], devices[l].arrangement, random);
    }
    for (size_t l = 0; l < network.layers.size(); ++l)
        if (network.layers[l].has_bias)
            weights_[l].bias = initial_bias(network.layers[l].bias, network.layers[l].outputs,
                                            stream(seed, Draw::bias, l));
    add_vectors(network);
    start_optimiser(network);
    set_constants();
}

TrainingNet::TrainingNet(const NetworkSpec& network, const Checkpoint& checkpoint, Continue how)
    : weights_(empty_weights(network)) {
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
        for (size_t k = 0; k < state.batch_norms.size(); ++k) {
            const LayerState::BatchNorm& norm = state.batch_norms[k];
            BatchNormWeights& to = weights_[l].batch_norms[k];
            to.gamma = norm.gamma;
            to.beta = norm.beta;
            to.mean = norm.mean;
            to.variance = norm.variance;
        }
        weights_[l].bias = spec.has_bias ? state.bias : weights_[l].bias;
        algorithms_[l]->start_from(layers_[l], arranged_devices(state, spec), state.latent);
    }
    add_vectors(network);
    start_optimiser(network);
    set_constants();
    if (how == Continue::resume) restore(checkpoint.training);
}

void TrainingNet::restore(const TrainingState& training) {
    // Each has its size already, as the algorithm and the optimiser set it.
    const auto put_back = [](std::vector<float>& values, const std::vector<float>& saved) {
        if (saved.size() != values.size())
            throw Error("resume", "the training state does not fit the network's algorithm",
                        "the checkpoint was not written by permloom train");
        values = saved;
    };
    for (size_t l = 0; l < layers_.size(); ++l) {
        put_back(layers_[l].owned, training.weights[l]);
        put_back(layers_[l].auxiliary, training.auxiliary[l]);
        put_back(layers_[l].first_moment, training.first_moment[l]);
        put_back(layers_[l].second_moment, training.second_moment[l]);
        put_back(layers_[l].slow, training.slow[l]);
    }
    for (size_t i = 0; i < vectors_.size(); ++i) {
        LayerParameters& to = vectors_[i].parameters;
        const TrainingState::Vector& from = training.vectors[i];
        put_back(to.profile, from.profile);
        put_back(to.owned, from.weights);
        put_back(to.auxiliary, from.auxiliary);
        put_back(to.first_moment, from.first_moment);
        put_back(to.second_moment, from.second_moment);
        put_back(to.slow, from.slow);
    }
    size_t running = 0;
    for (LayerWeights& layer : weights_)
        for (BatchNormWeights& norm : layer.batch_norms) {
            norm.mean = training.running[running].mean;
            norm.variance = training.running[running].variance;
            ++running;
        }
}

void TrainingNet::add_layer(const NetworkSpec& network, size_t l, LayerParameters layer) {
    const LayerSpec& spec = network.layers[l];
    layer.inputs = spec.inputs;
    layer.outputs = spec.outputs;
    layer.lines = spec.lines();
    layer.rail = spec.rail;
    algorithms_.push_back(make_algorithm(network.training, layer, static_cast<int>(l)));
    largest_.push_back(largest_magnitude(layer.profile) / algorithms_.back()->unit(layer));
    layers_.push_back(std::move(layer));
    for (int row = 0; row < spec.outputs; row += ROWS)
        row_pieces_.emplace_back(l, row);
    // A clipped activation ends at 1. What ends nowhere has no complement: the reader of network
    // descriptions refuses such rails.
    PERMLOOM_ASSERT(l == 0 || spec.rail == Rail::single ||
                    network.layers[l - 1].activation == Activation::clip);
    complement_sums_.push_back(complement_sum_of(network, l, 1.0));
}

/// From what is in `weights_`.
void TrainingNet::add_vectors(const NetworkSpec& network) {
    for (size_t l = 0; l < network.layers.size(); ++l) {
        const LayerWeights& layer = weights_[l];
        if (network.layers[l].has_bias)
            add_vector(network, TrainedVector::Kind::bias, l, 0, layer.bias);
        for (size_t k = 0; k < layer.batch_norms.size(); ++k) {
            add_vector(network, TrainedVector::Kind::gamma, l, k, layer.batch_norms[k].gamma);
            add_vector(network, TrainedVector::Kind::beta, l, k, layer.batch_norms[k].beta);
        }
    }
}

void TrainingNet::add_vector(const NetworkSpec& network, TrainedVector::Kind kind, size_t l,
                             size_t norm, std::vector<float> values) {
    TrainedVector vector;
    vector.kind = kind;
    vector.layer = l;
    vector.norm = norm;
    LayerParameters& parameters = vector.parameters;
    parameters.outputs = 1;
    parameters.inputs = parameters.lines = static_cast<int>(values.size());
    parameters.profile = values;
    std::sort(parameters.profile.begin(), parameters.profile.end());
    // Free weights and masks have no devices that a bias could be permuted like.
    const bool permuted = kind == TrainedVector::Kind::bias && network.layers[l].bias.permuted &&
                          algorithms_[l]->keeps_devices();
    vector.algorithm = !permuted ? make_free()
                       : network.training.algorithm == Algorithm::laperm_latent
                           ? make_latent_drift()
                           : make_algorithm(network.training, parameters, static_cast<int>(l));
    Rng unused(0);
    vector.algorithm->start(parameters, values, unused);
    vectors_.push_back(std::move(vector));
}

void TrainingNet::start_optimiser(const NetworkSpec& network) {
    const auto start = [&](LayerParameters& parameters) {
        parameters.first_moment.assign(parameters.owned.size(), 0.0F);
        parameters.second_moment.assign(parameters.owned.size(), 0.0F);
        if (network.training.lookahead.every > 0) parameters.slow = parameters.owned;
    };
    for (LayerParameters& layer : layers_)
        start(layer);
    for (TrainedVector& vector : vectors_)
        start(vector.parameters);
}

bool TrainingNet::has_period() const {
    return std::any_of(algorithms_.begin(), algorithms_.end(),
                       [](const auto& algorithm) { return algorithm->has_period(); });
}

bool TrainingNet::is_finite(size_t l) const {
    const auto finite = [](const std::vector<float>& values) {
        return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
    };
    const auto all_finite = [&](const LayerParameters& p) {
        return finite(p.owned) && finite(p.auxiliary) && finite(p.first_moment) &&
               finite(p.second_moment) && finite(p.slow);
    };
    return all_finite(layers_[l]) &&
           std::all_of(vectors_.begin(), vectors_.end(),
                       [&](const TrainedVector& vector) {
                           return vector.layer != l || all_finite(vector.parameters);
                       }) &&
           std::all_of(weights_[l].batch_norms.begin(), weights_[l].batch_norms.end(),
                       [&](const BatchNormWeights& norm) {
                           return finite(norm.mean) && finite(norm.variance);
                       });
}

template <class Body>
void TrainingNet::for_each_row(ThreadPool& pool, const Body& body) const {
    const auto run = [&](int piece) {
        const auto [l, first] = row_pieces_[static_cast<size_t>(piece)];
        for (int row = first; row < std::min(first + ROWS, layers_[l].outputs); ++row)
            body(l, row);
    };
    // By reference: a std::function that holds the captures themselves allocates.
    pool.for_each(static_cast<int>(row_pieces_.size()), std::cref(run));
}

void TrainingNet::sync(int64_t t, int k, ThreadPool& pool) {
    const auto due = [&](const auto& algorithm) { return algorithm->due(t, k); };
    for (TrainedVector& vector : vectors_) {
        if (!due(vector.algorithm)) continue;
        thread_local Ranker ranker;
        vector.algorithm->sync(vector.parameters, 0, ranker);
        derive_vector(vector);
    }
    if (std::none_of(algorithms_.begin(), algorithms_.end(), due)) return;
    for_each_row(pool, [&](size_t l, int row) {
        if (!algorithms_[l]->due(t, k)) return;
        thread_local Ranker ranker;
        algorithms_[l]->sync(layers_[l], row, ranker);
        derive(l, row, 0, layers_[l].lines);
    });
}

void TrainingNet::prune(double keep) {
    for (LayerParameters& layer : layers_) {
        const auto n = static_cast<size_t>(layer.lines);
        const auto kept =
            static_cast<size_t>(std::max(std::llround(keep * static_cast<double>(n)), 1LL));
        for (size_t begin = 0; begin < layer.profile.size(); begin += n) {
            const auto bank = std::span(layer.profile).subspan(begin, n);
            // The bank ascends: what is near 0 lies in the middle, and stays in order.
            auto live = n - static_cast<size_t>(std::count(bank.begin(), bank.end(), 0.0F));
            auto low = std::lower_bound(bank.begin(), bank.end(), 0.0F) - bank.begin();
            auto high = std::upper_bound(bank.begin(), bank.end(), 0.0F) - bank.begin();
            for (; live > kept; --live) {
                const auto left = low, right = std::ssize(bank) - high;
                const float below = left > 0 ? -bank[static_cast<size_t>(low - 1)] : 0.0F;
                const float above = right > 0 ? bank[static_cast<size_t>(high)] : 0.0F;
                // Of equal magnitudes the sign that has more of them gives one.
                const bool gives = below < above || (below == above && left >= right);
                const bool take_low = right == 0 || (left > 0 && gives);
                const auto place = static_cast<size_t>(take_low ? --low : high++);
                bank[place] = 0.0F;
                if (!layer.profile_q.empty()) layer.profile_q[begin + place] = 0;
            }
        }
    }
}

void TrainingNet::derive(size_t l, int row, int begin, int end) {
    const LayerParameters& layer = layers_[l];
    if (layer.rail != Rail::dual) {
        float* weights = weights_[l].weights.data() + static_cast<long>(row) * layer.lines + begin;
        algorithms_[l]->derive(layer, row, begin, end, weights);
        return;
    }
    PERMLOOM_ASSERT(begin == 0 && end == layer.lines);
    thread_local std::vector<float> weights;
    weights.resize(static_cast<size_t>(layer.lines));
    algorithms_[l]->derive(layer, row, begin, end, weights.data());
    fold_dual(weights.data(), complement_sums_[l], row, weights_[l]);
}

std::vector<float>& TrainingNet::target(const TrainedVector& vector) {
    LayerWeights& layer = weights_[vector.layer];
    switch (vector.kind) {
        case TrainedVector::Kind::bias:
            return layer.bias;
        case TrainedVector::Kind::gamma:
            return layer.batch_norms[vector.norm].gamma;
        case TrainedVector::Kind::beta:
            break;
    }
    return layer.batch_norms[vector.norm].beta;
}

void TrainingNet::derive_vector(const TrainedVector& vector) {
    vector.algorithm->derive(vector.parameters, 0, 0, vector.parameters.lines,
                             target(vector).data());
}

void TrainingNet::derive_all(ThreadPool& pool) {
    for (const TrainedVector& vector : vectors_)
        derive_vector(vector);
    for_each_row(pool, [&](size_t l, int row) { derive(l, row, 0, layers_[l].lines); });
}

void TrainingNet::disturb(const Disturb& disturb, uint64_t step, ThreadPool& pool) {
    for_each_row(pool, [&](size_t l, int row) {
        const LayerParameters& layer = layers_[l];
        const auto n = static_cast<size_t>(layer.lines), first = static_cast<size_t>(row) * n;
        ForwardWeights seen{static_cast<int>(l), step, first, largest_[l], {}};
        if (layer.rail != Rail::dual) {
            seen.weights = std::span(weights_[l].weights).subspan(first, n);
            disturb(seen);
            return;
        }
        thread_local std::vector<float> weights;
        weights.resize(n);
        algorithms_[l]->derive(layer, row, 0, layer.lines, weights.data());
        seen.weights = weights;
        disturb(seen);
        fold_dual(weights.data(), complement_sums_[l], row, weights_[l]);
    });
}

void TrainingNet::look_ahead(double rate, ThreadPool& pool) {
    const auto step = [share = static_cast<float>(rate)](float* slow, float* fast, size_t count) {
        for (size_t i = 0; i < count; ++i) {
            slow[i] += share * (fast[i] - slow[i]);
            fast[i] = slow[i];
        }
    };
    for (TrainedVector& vector : vectors_) {
        step(vector.parameters.slow.data(), vector.parameters.owned.data(),
             vector.parameters.owned.size());
        derive_vector(vector);
    }
    for_each_row(pool, [&](size_t l, int row) {
        LayerParameters& layer = layers_[l];
        const auto n = static_cast<size_t>(layer.lines);
        step(layer.part(layer.slow, row).data(), layer.owned_row(row).data(), n);
        derive(l, row, 0, layer.lines);
    });
}

void TrainingNet::set_constants() {
    for (size_t l = 0; l < layers_.size(); ++l) {
        const double unit = algorithms_[l]->unit(layers_[l]);
        weights_[l].alpha = static_cast<float>(layers_[l].alpha * unit);
        weights_[l].offset = static_cast<float>(layers_[l].offset / unit);
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
        for (const BatchNormWeights& norm : weights_[l].batch_norms)
            state.batch_norms.push_back({norm.gamma, norm.beta, norm.mean, norm.variance});
    }
    for_each_row(pool, [&](size_t l, int row) {
        const LayerParameters& layer = layers_[l];
        const LayerAlgorithm& algorithm = *algorithms_[l];
        const auto n = static_cast<size_t>(layer.lines), at = static_cast<size_t>(row) * n;
        const std::span<int32_t> source = std::span(states[l].source).subspan(at, n);
        const std::span<float> latent = std::span(states[l].latent).subspan(at, n);
        thread_local Ranker ranker;
        if (algorithm.keeps_devices()) {
            const auto ranked = algorithm.latent(layer, row, algorithm.due(t, k));
            std::copy(ranked.begin(), ranked.end(), latent.begin());
        } else {
            algorithm.project(layer, row, ranker, latent.data());
        }
        ranker.rank(latent, source);
        if (!algorithm.keeps_devices())
            for (size_t r = 0; r < n; ++r)
                states[l].profile[at + r] = latent[static_cast<size_t>(source[r])];
        const bool shared = layer.shared_profile && algorithm.keeps_devices();
        make_canonical(std::span(states[l].profile).subspan(shared ? 0 : at, n), source);
    });
    for (const TrainedVector& vector : vectors_) {
        if (vector.kind != TrainedVector::Kind::bias) continue;
        const LayerAlgorithm& algorithm = *vector.algorithm;
        const LayerParameters& parameters = vector.parameters;
        std::vector<float>& bias = states[vector.layer].bias;
        bias.resize(parameters.owned.size());
        if (!algorithm.keeps_devices()) {
            algorithm.derive(parameters, 0, 0, parameters.lines, bias.data());
            continue;
        }
        std::vector<int32_t> source(bias.size());
        Ranker ranker;
        ranker.rank(algorithm.latent(parameters, 0, algorithm.due(t, k)), source);
        scatter(source, parameters.profile, bias);
    }
    return states;
}

void TrainingNet::save_state(TrainingState& training) const {
    training.weights.clear();
    training.auxiliary.clear();
    training.first_moment.clear();
    training.second_moment.clear();
    training.slow.clear();
    training.vectors.clear();
    training.running.clear();
    for (const LayerParameters& layer : layers_) {
        training.weights.push_back(layer.owned);
        training.auxiliary.push_back(layer.auxiliary);
        training.first_moment.push_back(layer.first_moment);
        training.second_moment.push_back(layer.second_moment);
        training.slow.push_back(layer.slow);
    }
    for (const TrainedVector& vector : vectors_) {
        const LayerParameters& p = vector.parameters;
        training.vectors.push_back(
            {p.profile, p.owned, p.auxiliary, p.first_moment, p.second_moment, p.slow});
    }
    for (const LayerWeights& layer : weights_)
        for (const BatchNormWeights& norm : layer.batch_norms)
            training.running.push_back({norm.mean, norm.variance});
}

std::vector<LayerWeights> projected_weights(const NetworkSpec& network,
                                            const std::vector<LayerState>& layers) {
    std::vector<LayerWeights> result = empty_weights(network);
    for (size_t l = 0; l < layers.size(); ++l) {
        const LayerSpec& spec = network.layers[l];
        const LayerState& state = layers[l];
        LayerWeights& to = result[l];
        to.alpha = static_cast<float>(state.alpha);
        to.offset = static_cast<float>(state.offset);
        if (spec.has_bias) to.bias = state.bias;
        for (size_t k = 0; k < state.batch_norms.size(); ++k) {
            const LayerState::BatchNorm& norm = state.batch_norms[k];
            BatchNormWeights& weights = to.batch_norms[k];
            weights.gamma = norm.gamma;
            weights.beta = norm.beta;
            weights.mean = norm.mean;
            weights.variance = norm.variance;
        }
        std::vector<float> devices = arranged_devices(state, spec);
        const float sum = complement_sum_of(network, l, l == 0 ? 0.0 : layers[l - 1].act_range);
        if (spec.rail == Rail::dual)
            for (int j = 0; j < spec.outputs; ++j)
                fold_dual(devices.data() + static_cast<long>(j) * spec.lines(), sum, j, to);
        else
            to.weights = std::move(devices);
    }
    return result;
}

}  // namespace permloom
