/// Untimed inference: one image in, integers out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace permloom {

struct Inference {
    std::vector<int64_t> logits;                    ///< acc + b of every output
    int label = 0;                                  ///< argmax of the first `classes`, lowest wins
    std::vector<std::vector<int32_t>> activations;  ///< codes of every hidden layer, in order
};

/// The reference and the physical model implement this.
class Model {
  public:
    virtual ~Model() = default;
    /// `codes` are the quantised pixels of one image (quantise_pixels).
    virtual Inference infer(std::span<const uint16_t> codes) = 0;
};

}  // namespace permloom
