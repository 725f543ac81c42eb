// Latents V that Adam owns and nothing overwrites; for devices {0, v} and {-v, 0, v}.
//
// A neuron with p devices v and m devices -v computes with +1 on the lines of its p largest
// latents, -1 on those of its m smallest and 0 elsewhere; alpha absorbs v. The gradient goes
// straight through. The two thresholds are refreshed every few steps, in between the counts may
// drift; the projection (which evaluation and checkpoint use) has them exactly.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/train/algorithm.h"

namespace permloom {
namespace {

constexpr double INITIAL_LATENT = 0.05;
constexpr float INFINITE = std::numeric_limits<float>::infinity();

class LatentMask : public LayerAlgorithm {
  public:
    explicit LatentMask(int refresh_every) : refresh_every_(refresh_every) {
        PERMLOOM_ASSERT(refresh_every >= 1);
    }

    void start(LayerParameters& layer, const std::vector<float>& arrangement,
               Rng& random) const override {
        layer.owned.resize(arrangement.size());
        for (float& latent : layer.owned)
            latent = static_cast<float>(random.uniform(-INITIAL_LATENT, INITIAL_LATENT));
        layer.auxiliary.resize(2 * static_cast<size_t>(layer.outputs));
    }
    void start_from(LayerParameters& layer, const std::vector<float>&,
                    const std::vector<float>& latent) const override {
        layer.owned = latent;
        layer.auxiliary.resize(2 * static_cast<size_t>(layer.outputs));
    }

    bool due(int64_t t, int) const override { return t % refresh_every_ == 0; }

    /// `auxiliary` holds two thresholds a row: -1 below the first, +1 above the second.
    void sync(LayerParameters& layer, int row, Ranker& ranker) const override {
        const std::span<const float> latent = layer.owned_row(row), bank = layer.bank(row);
        thread_local std::vector<int32_t> source;
        source.resize(latent.size());
        ranker.rank(latent, source);
        const auto value = [&](size_t rank) { return latent[static_cast<size_t>(source[rank])]; };
        const auto zeros = std::equal_range(bank.begin(), bank.end(), 0.0F);
        const auto negative = static_cast<size_t>(zeros.first - bank.begin());
        const auto not_positive = static_cast<size_t>(zeros.second - bank.begin());
        float* thresholds = layer.auxiliary.data() + 2 * static_cast<size_t>(row);
        thresholds[0] = negative < bank.size() ? value(negative) : INFINITE;
        thresholds[1] = not_positive > 0 ? value(not_positive - 1) : -INFINITE;
    }

    void derive(const LayerParameters& layer, int row, int begin, int end,
                float* weights) const override {
        const float* latent = layer.owned_row(row).data() + begin;
        const float low = layer.auxiliary[2 * static_cast<size_t>(row)];
        const float high = layer.auxiliary[2 * static_cast<size_t>(row) + 1];
        for (int i = 0; i < end - begin; ++i)
            weights[i] = (latent[i] > high ? 1.0F : 0.0F) - (latent[i] < low ? 1.0F : 0.0F);
    }

    bool has_period() const override { return false; }
    bool calibrates() const override { return true; }

    double unit(const LayerParameters& layer) const override {
        float magnitude = 0.0F;
        for (const float device : layer.profile)
            magnitude = std::max(magnitude, std::abs(device));
        return magnitude;
    }

  private:
    int refresh_every_;
};

}  // namespace

std::unique_ptr<LayerAlgorithm> make_latent_mask(int refresh_every) {
    return std::make_unique<LatentMask>(refresh_every);
}

}  // namespace permloom
