// Edge-popup (Ramanujan et al., "What's Hidden in a Randomly Weighted Neural Network?", CVPR 2020):
// every weight keeps its value and its place, a score says which ones are used. The gradient goes
// straight through to the scores, times the weight. Here each neuron uses the same number of
// weights, where the original ranks the scores of a whole layer, so that a neuron stays a bank of
// fixed size.
#include <algorithm>
#include <cmath>

#include "compiler/train/algorithm.h"

namespace permloom {
namespace {

class Supermask : public LayerAlgorithm {
  public:
    Supermask(double keep, int refresh_every) : keep_(keep), refresh_every_(refresh_every) {}

    /// `auxiliary`: the weights, then a threshold a row.
    void start(LayerParameters& layer, const std::vector<float>& arrangement,
               Rng& random) const override {
        layer.auxiliary = arrangement;
        layer.auxiliary.resize(arrangement.size() + static_cast<size_t>(layer.outputs));
        layer.owned.resize(arrangement.size());
        const double limit = std::sqrt(6.0 / layer.lines);
        for (float& score : layer.owned)
            score = static_cast<float>(random.uniform(-limit, limit));
    }
    void start_from(LayerParameters& layer, const std::vector<float>& projected,
                    const std::vector<float>& latent) const override {
        layer.auxiliary = projected;
        layer.auxiliary.resize(projected.size() + static_cast<size_t>(layer.outputs));
        layer.owned = latent;
    }

    bool due(int64_t t, int) const override { return t % refresh_every_ == 0; }

    void sync(LayerParameters& layer, int row, Ranker& ranker) const override {
        const std::span<const float> scores = layer.owned_row(row);
        thread_local std::vector<int32_t> source;
        source.resize(scores.size());
        ranker.rank(scores, source);
        const auto used =
            std::clamp<int64_t>(std::llround(keep_ * static_cast<double>(scores.size())), 1,
                                static_cast<int64_t>(scores.size()));
        layer.auxiliary[layer.owned.size() + static_cast<size_t>(row)] =
            scores[static_cast<size_t>(source[scores.size() - static_cast<size_t>(used)])];
    }

    void derive(const LayerParameters& layer, int row, int begin, int end,
                float* weights) const override {
        const float* scores = layer.owned_row(row).data() + begin;
        const float* fixed = layer.auxiliary_row(row).data() + begin;
        const float threshold = layer.auxiliary[layer.owned.size() + static_cast<size_t>(row)];
        for (int i = 0; i < end - begin; ++i)
            weights[i] = scores[i] >= threshold ? fixed[i] : 0.0F;
    }

    void pull_back(const LayerParameters& layer, int row, int begin, int end,
                   float* gradient) const override {
        const float* fixed = layer.auxiliary_row(row).data() + begin;
        for (int i = 0; i < end - begin; ++i)
            gradient[i] *= fixed[i];
    }

    bool has_period() const override { return false; }
    bool keeps_devices() const override { return false; }

  private:
    double keep_;
    int refresh_every_;
};

}  // namespace

std::unique_ptr<LayerAlgorithm> make_supermask(double keep, int refresh_every) {
    return std::make_unique<Supermask>(keep, refresh_every);
}

}  // namespace permloom
