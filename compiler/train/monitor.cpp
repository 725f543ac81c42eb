#include "compiler/train/monitor.h"

#include <algorithm>
#include <cmath>

#include "compiler/nn/weight_vectors.h"

namespace permloom {
namespace {

/// Adds up |rank in b - rank in a| over the vectors of a layer.
struct Distances {
    double sum = 0.0, squares = 0.0;
    int64_t count = 0, moved = 0;

    void add(std::span<const float> before, std::span<const float> after,
             std::span<const float> profile) {
        const size_t n = before.size();
        for (auto* ranks : {&ranks_before_, &ranks_after_, &source_})
            ranks->resize(n);
        rank(before, ranks_before_);
        rank(after, ranks_after_);
        for (size_t i = 0; i < n; ++i) {
            const auto from = ranks_before_[i], to = ranks_after_[i];
            const double distance = std::abs(to - from);
            sum += distance;
            squares += distance * distance;
            if (profile[static_cast<size_t>(from)] != profile[static_cast<size_t>(to)]) ++moved;
        }
        count += static_cast<int64_t>(n);
    }

  private:
    void rank(std::span<const float> values, std::vector<int32_t>& ranks) {
        ranker_.rank(values, source_);
        for (size_t r = 0; r < source_.size(); ++r)
            ranks[static_cast<size_t>(source_[r])] = static_cast<int32_t>(r);
    }

    Ranker ranker_;
    std::vector<int32_t> source_, ranks_before_, ranks_after_;
};

/// S = 1 - sum_j |sorted w_j - mean profile|^2 / sum_j |w_j - its mean|^2; 1 where all is equal.
double similarity(std::span<const float> profiles, size_t n) {
    const size_t vectors = profiles.size() / n;
    std::vector<double> mean(n);
    for (size_t k = 0; k < profiles.size(); ++k)
        mean[k % n] += profiles[k] / static_cast<double>(vectors);
    double from_mean = 0.0, spread = 0.0;
    for (size_t j = 0; j < vectors; ++j) {
        const auto profile = profiles.subspan(j * n, n);
        double centre = 0.0;
        for (const float value : profile)
            centre += value / static_cast<double>(n);
        for (size_t r = 0; r < n; ++r) {
            from_mean += (profile[r] - mean[r]) * (profile[r] - mean[r]);
            spread += (profile[r] - centre) * (profile[r] - centre);
        }
    }
    return spread > 0.0 ? 1.0 - from_mean / spread : 1.0;
}

}  // namespace

void RankingMonitor::start(const std::vector<LayerState>& layers) {
    latents_.clear();
    for (const LayerState& layer : layers)
        latents_.push_back(layer.latent);
}

std::vector<LayerMonitor> RankingMonitor::observe(const NetworkSpec& network,
                                                  const std::vector<LayerState>& layers) {
    std::vector<LayerMonitor> result;
    for (size_t l = 0; l < layers.size(); ++l) {
        const LayerState& layer = layers[l];
        const auto n = static_cast<size_t>(network.layers[l].lines());
        const bool shared = layer.profile.size() == n;
        Distances distances;
        for (size_t at = 0; at < layer.latent.size(); at += n)
            distances.add(std::span(latents_[l]).subspan(at, n),
                          std::span(layer.latent).subspan(at, n),
                          std::span(layer.profile).subspan(shared ? 0 : at, n));
        const auto count = static_cast<double>(distances.count);
        const double mean = distances.sum / count;
        const double variance = std::max(distances.squares / count - mean * mean, 0.0);
        const auto length = static_cast<double>(n);
        result.push_back({mean / length, std::sqrt(variance) / length,
                          static_cast<double>(distances.moved) / count,
                          similarity(layer.profile, n)});
        latents_[l] = layer.latent;
    }
    return result;
}

}  // namespace permloom
