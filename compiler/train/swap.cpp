// Reconnecting without any arithmetic on weights: the paper asks for an optimiser that spares it.
//
// The devices stay what and where they are; the step only averages gradients. At every sync the
// lines of a neuron are ordered by their mean gradient, and the line that most wants a larger
// device changes with the one that most wants a smaller one, as long as that is what the change
// does, for a fixed share of the lines.
#include <algorithm>
#include <cmath>
#include <vector>

#include "compiler/train/algorithm.h"

namespace permloom {
namespace {

class Swap : public LayerAlgorithm {
  public:
    explicit Swap(double share) : share_(share) {}

    bool due(int64_t t, int k) const override { return t > 0 && t % k == 0; }

    void sync(LayerParameters& layer, int row, Ranker& ranker) const override {
        const std::span<float> owned = layer.owned_row(row);
        const std::span<const float> gradient = layer.part(std::as_const(layer.first_moment), row);
        thread_local std::vector<int32_t> order;
        order.resize(owned.size());
        ranker.rank(gradient, order);
        const auto wanted =
            static_cast<size_t>(std::llround(share_ * static_cast<double>(owned.size()) / 2.0));
        const size_t pairs = std::min(std::max<size_t>(wanted, 1), owned.size() / 2);
        for (size_t i = 0; i < pairs; ++i) {
            const auto up = static_cast<size_t>(order[i]);
            const auto down = static_cast<size_t>(order[order.size() - 1 - i]);
            if (gradient[up] < gradient[down] && owned[up] < owned[down])
                std::swap(owned[up], owned[down]);
        }
    }

    void derive(const LayerParameters& layer, int row, int begin, int end,
                float* weights) const override {
        std::copy_n(layer.owned_row(row).data() + begin, end - begin, weights);
    }

    bool moves_values() const override { return false; }

  private:
    double share_;
};

}  // namespace

std::unique_ptr<LayerAlgorithm> make_swap(double share) {
    return std::make_unique<Swap>(share);
}

}  // namespace permloom
