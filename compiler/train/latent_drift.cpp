// Latents V that Adam owns and nothing overwrites; for distinct or multi-level devices.
//
// With hard(V) the devices in the ranking of V, and C = hard(V) - V as of the last sync, the
// network computes with V + C: the devices plus what V has drifted since. The gradient goes to V
// unchanged.
#include <vector>

#include "compiler/train/algorithm.h"

namespace permloom {
namespace {

class LatentDrift : public LayerAlgorithm {
  public:
    void start(LayerParameters& layer, const std::vector<float>& arrangement, Rng&) const override {
        layer.owned = arrangement;
        layer.auxiliary.assign(arrangement.size(), 0.0F);
    }
    void start_from(LayerParameters& layer, const std::vector<float>&,
                    const std::vector<float>& latent) const override {
        layer.owned = latent;
        layer.auxiliary.assign(latent.size(), 0.0F);
    }

    bool due(int64_t t, int k) const override { return t % k == 0; }

    void sync(LayerParameters& layer, int row, Ranker& ranker) const override {
        const std::span<const float> latent = layer.owned_row(row);
        const std::span<float> correction = layer.auxiliary_row(row);
        thread_local std::vector<int32_t> source;
        source.resize(latent.size());
        ranker.rank(latent, source);
        scatter(source, layer.bank(row), correction);
        for (size_t i = 0; i < latent.size(); ++i)
            correction[i] -= latent[i];
    }

    void derive(const LayerParameters& layer, int row, int begin, int end,
                float* weights) const override {
        const float* latent = layer.owned_row(row).data() + begin;
        const float* correction = layer.auxiliary_row(row).data() + begin;
        for (int i = 0; i < end - begin; ++i)
            weights[i] = latent[i] + correction[i];
    }
};

}  // namespace

std::unique_ptr<LayerAlgorithm> make_latent_drift() {
    return std::make_unique<LatentDrift>();
}

}  // namespace permloom
