// Algorithm 1 of Train-by-Reconnect (Qiu and Suda, NeurIPS 2020): Adam moves the weights freely;
// after every k steps each weight vector is replaced by its own devices in the ranking of the
// weights. The optimiser's moments are not touched.
#include <algorithm>
#include <vector>

#include "compiler/train/algorithm.h"

namespace permloom {
namespace {

class Laperm : public LayerAlgorithm {
  public:
    void start(LayerParameters& layer, const std::vector<float>& arrangement, Rng&) const override {
        layer.owned = layer.auxiliary = arrangement;
    }
    void start_from(LayerParameters& layer, const std::vector<float>& projected,
                    const std::vector<float>& latent) const override {
        layer.owned = projected;
        layer.auxiliary = latent;
    }

    bool due(int64_t t, int k) const override { return t > 0 && t % k == 0; }

    /// `auxiliary` keeps the weights from just before the sync: the ranking among equal devices.
    void sync(LayerParameters& layer, int row, Ranker& ranker) const override {
        const std::span<float> owned = layer.owned_row(row);
        std::copy(owned.begin(), owned.end(), layer.auxiliary_row(row).begin());
        thread_local std::vector<int32_t> source;
        source.resize(owned.size());
        ranker.rank(owned, source);
        scatter(source, layer.bank(row), owned);
    }

    void derive(const LayerParameters& layer, int row, int begin, int end,
                float* weights) const override {
        std::copy_n(layer.owned_row(row).data() + begin, end - begin, weights);
    }

    std::span<const float> latent(const LayerParameters& layer, int row,
                                  bool synced) const override {
        return synced ? layer.auxiliary_row(row) : layer.owned_row(row);
    }
};

}  // namespace

std::unique_ptr<LayerAlgorithm> make_laperm() {
    return std::make_unique<Laperm>();
}

}  // namespace permloom
