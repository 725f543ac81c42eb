#include "compiler/train/monitor.h"

#include "compiler/nn/profile_measures.h"
#include "compiler/nn/weight_vectors.h"

namespace permloom {
namespace {

/// The ranking of each row of a layer's latents, n to a row.
std::vector<int32_t> rankings(std::span<const float> latents, size_t n) {
    std::vector<int32_t> sources(latents.size());
    Ranker ranker;
    for (size_t at = 0; at < latents.size(); at += n)
        ranker.rank(latents.subspan(at, n), std::span(sources).subspan(at, n));
    return sources;
}

/// Fraction of the weights whose device has another value. Both as `source` lists.
double moved_fraction(std::span<const int32_t> before, std::span<const int32_t> after,
                      std::span<const float> profile, size_t n) {
    const bool shared = profile.size() == n;
    std::vector<float> device(n);
    size_t moved = 0;
    for (size_t at = 0; at < before.size(); at += n) {
        const auto bank = profile.subspan(shared ? 0 : at, n);
        for (size_t r = 0; r < n; ++r)
            device[static_cast<size_t>(before[at + r])] = bank[r];
        for (size_t r = 0; r < n; ++r)
            if (device[static_cast<size_t>(after[at + r])] != bank[r]) ++moved;
    }
    return static_cast<double>(moved) / static_cast<double>(before.size());
}

}  // namespace

void RankingMonitor::start(const NetworkSpec& network, const std::vector<LayerState>& layers) {
    sources_.clear();
    for (size_t l = 0; l < layers.size(); ++l)
        sources_.push_back(
            rankings(layers[l].latent, static_cast<size_t>(network.layers[l].lines())));
}

std::vector<LayerMonitor> RankingMonitor::observe(const NetworkSpec& network,
                                                  const std::vector<LayerState>& layers) {
    std::vector<LayerMonitor> result;
    for (size_t l = 0; l < layers.size(); ++l) {
        const LayerState& layer = layers[l];
        const int lines = network.layers[l].lines();
        const auto n = static_cast<size_t>(lines);
        std::vector<int32_t> sources = rankings(layer.latent, n);
        const RankingDistance distance = ranking_distance(sources_[l], sources, lines);
        const int banks = static_cast<int>(layer.profile.size() / n);
        result.push_back({distance.mean / lines, distance.sd / lines,
                          moved_fraction(sources_[l], sources, layer.profile, n),
                          profile_similarity({layer.profile.data(), banks, lines, lines})});
        sources_[l] = std::move(sources);
    }
    return result;
}

}  // namespace permloom
