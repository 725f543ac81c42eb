#include "compiler/train/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "compiler/base/error.h"
#include "compiler/nn/weight_vectors.h"

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
