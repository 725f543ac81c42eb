/// How far the wiring moves while it is trained: the measures of the paper, layer by layer.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"

namespace permloom {

/// Between two observations. Distances are |rank now - rank before| of a weight in its vector, over
/// the vector's length.
struct LayerMonitor {
    double distance_mean = 0.0, distance_sd = 0.0;
    double moved = 0.0;  ///< fraction of the weights whose device is another one
    double similarity =
        0.0;  ///< of the weight profiles, 1: all alike; NaN where every vector is constant
};

class RankingMonitor {
  public:
    /// The wiring that the first observation is compared with.
    void start(const NetworkSpec& network, const std::vector<LayerState>& layers);
    /// The same from rankings, see `observed`.
    void start(std::vector<std::vector<int32_t>> rankings) { sources_ = std::move(rankings); }
    /// Of the last observation: per layer outputs x lines, as LayerState::source before it is made
    /// canonical.
    const std::vector<std::vector<int32_t>>& observed() const { return sources_; }
    std::vector<LayerMonitor> observe(const NetworkSpec& network,
                                      const std::vector<LayerState>& layers);

  private:
    std::vector<std::vector<int32_t>> sources_;  ///< of every layer, at the last observation
};

}  // namespace permloom
