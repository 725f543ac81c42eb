// Free weights: what the devices would be if they could be rewritten. The weights that come out are
// the devices.
#include <algorithm>

#include "compiler/train/algorithm.h"

namespace permloom {
namespace {

class Free : public LayerAlgorithm {
  public:
    bool due(int64_t, int) const override { return false; }
    void sync(LayerParameters&, int, Ranker&) const override {}
    void derive(const LayerParameters& layer, int row, int begin, int end,
                float* weights) const override {
        std::copy_n(layer.owned_row(row).data() + begin, end - begin, weights);
    }
    bool has_period() const override { return false; }
    bool keeps_devices() const override { return false; }
};

}  // namespace

std::unique_ptr<LayerAlgorithm> make_free() {
    return std::make_unique<Free>();
}

}  // namespace permloom
