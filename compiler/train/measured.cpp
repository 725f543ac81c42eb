#include "compiler/train/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "compiler/base/error.h"
#include "compiler/nn/weight_vectors.h"
#include "compiler/train/algorithm.h"

namespace permloom {
namespace {

/// Banks in real values, each ascending.
std::vector<float> profile_of(const MeasuredLayer& measured, double scale, size_t lines) {
    std::vector<float> profile;
    for (const float value : measured.values)
        profile.push_back(static_cast<float>(static_cast<double>(value) * scale));
    for (size_t first = 0; first < profile.size(); first += lines)
        std::ranges::sort(std::span(profile).subspan(first, lines));
    return profile;
}

double deviation_of(const std::vector<float>& values) {
    const auto count = static_cast<double>(values.size());
    double sum = 0.0, squares = 0.0;
    for (const float value : values)
        sum += static_cast<double>(value);
    for (const float value : values)
        squares += std::pow(static_cast<double>(value) - sum / count, 2);
    return std::sqrt(squares / count);
}

/// Whether the latents of a layer have a scale of their own: estimator mask counts in units of the
/// shared value, and only ever compares them with one another.
bool has_free_latents(const TrainingSpec& training, const LayerState& state, size_t l) {
    LayerParameters layer;
    layer.profile = state.profile;
    return make_algorithm(training, layer, static_cast<int>(l))->calibrates();
}

/// Spreads the latents as far as the devices: what they drift between two syncs is then to a device
/// what a weight's change is to the weight.
void scale_latents(LayerState& state) {
    const double latents = deviation_of(state.latent);
    if (!(latents > 0.0)) return;
    const auto factor = static_cast<float>(deviation_of(state.profile) / latents);
    for (float& latent : state.latent)
        latent *= factor;
}

}  // namespace

std::vector<MeasuredLayer> measured_layers(const Chip& chip, const DeviceInstance& copy) {
    std::vector<MeasuredLayer> layers;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        MeasuredLayer& layer = layers.emplace_back();
        layer.banks = copy.layers[l].banks;
        for (int bank = 0; bank < layer.banks; ++bank)
            for (const double value : measured_bank(chip.layers[l], copy.layers[l], bank))
                layer.values.push_back(static_cast<float>(value));
    }
    return layers;
}

TrainingSpec measured_training(TrainingSpec training, int epochs) {
    training.algorithm = Algorithm::laperm_latent;
    training.estimator = Estimator::drift;
    training.epochs = epochs;
    training.learning_rate = {.initial = 3e-4};
    if (epochs > 1)
        training.learning_rate = {.kind = ScheduleKind::exponential, .initial = 1e-3, .decay = 0.5};
    training.sync_every = {.initial = 100.0};
    training.keep = {};
    return training;
}

Checkpoint on_measured_devices(Checkpoint trained, const std::vector<MeasuredLayer>& measured) {
    PERMLOOM_ASSERT(measured.size() == trained.layers.size());
    const bool keeps_latents = trained.network.training.algorithm == Algorithm::laperm_latent;
    Ranker ranker;
    for (size_t l = 0; l < measured.size(); ++l) {
        const LayerSpec& spec = trained.network.layers[l];
        LayerState& state = trained.layers[l];
        const auto lines = static_cast<size_t>(spec.lines());
        const auto outputs = static_cast<size_t>(spec.outputs);
        const auto banks = static_cast<size_t>(measured[l].banks);
        PERMLOOM_ASSERT(banks == 1 || banks == outputs);
        PERMLOOM_ASSERT(measured[l].values.size() == banks * lines);
        if (state.profile_q.empty() && trained.instance.empty())
            throw Error(fmt::format("layers.{}", l),
                        "the run's devices are real numbers, those of a chip are multiples of a "
                        "step",
                        fmt::format("train it with --set layers.{}.devices.bits=8", l));
        if (has_free_latents(trained.network.training, state, l)) scale_latents(state);
        state.profile = profile_of(measured[l], state.scale, lines);
        state.profile_q.clear();
        for (size_t j = 0; j < outputs; ++j) {
            const std::span<float> latent = std::span(state.latent).subspan(j * lines, lines);
            const std::span<int32_t> source = std::span(state.source).subspan(j * lines, lines);
            ranker.rank(latent, source);
            const size_t bank = banks == 1 ? 0 : j;
            if (!keeps_latents)
                scatter(source, std::span(state.profile).subspan(bank * lines, lines), latent);
        }
    }
    return trained;
}

}  // namespace permloom
