/// Two-dimensional convolution, forward and backward, on oneDNN's kernels.
///
/// Maps lie image by image, row, column, channel (NHWC). Weights come as rows of one output channel
/// each, ordered kernel row, kernel column, input channel; the kernels want them packed.
#pragma once

#include <memory>

#include "compiler/spec/layer.h"

namespace permloom {

/// y[r][c][o] = sum over i, j, k of w[o][i][j][k] * x[r * stride + i - top][c * stride + j -
/// left][k]
struct ConvGeometry {
    Shape input, output;
    int kernel = 1, stride = 1;
    int top = 0, left = 0, bottom = 0, right = 0;  ///< zeros around the input

    /// Keras' padding: the odd zero below and to the right.
    static ConvGeometry of(const LayerSpec& layer);
    int fan_in() const { return kernel * kernel * input.channels; }
};

/// The kernels of one convolution. Safe to use from several threads at once; each call runs on the
/// calling thread. What is prepared beforehand allocates nothing when it runs.
class Convolution {
  public:
    struct Options {
        bool input_gradient = true;  ///< whether backward_data will be called
        bool bias = false;           ///< adds Buffers::bias
        bool relu = false;           ///< forward gives max(y, 0); backward knows nothing of it
    };
    Convolution(const ConvGeometry& geometry, const Options& options);
    ~Convolution();
    Convolution(const Convolution&) = delete;
    Convolution& operator=(const Convolution&) = delete;

    /// Floats of the packed forms.
    size_t packed_forward() const;
    size_t packed_backward() const;
    size_t packed_gradient() const;

    class Copy;
    /// Packs weights, outputs x fan_in, into both forms (`backward` null: the first only).
    std::unique_ptr<Copy> prepare_pack(const float* weights, float* forward, float* backward) const;
    /// The packed gradient in the order of the weights.
    std::unique_ptr<Copy> prepare_unpack(const float* packed, float* gradient) const;

    /// The kernels on one slice of a batch, `images` images.
    class Call;
    struct Buffers {
        const float* x = nullptr;
        float* y = nullptr;
        const float* forward = nullptr;   ///< packed weights
        const float* bias = nullptr;      ///< a number an output channel
        const float* backward = nullptr;  ///< packed weights
        const float* dy = nullptr;        ///< d loss / d (w * x + bias)
        float* dx = nullptr;              ///< d loss / d x
        float* dw = nullptr;              ///< packed d loss / d w
    };
    std::unique_ptr<Call> prepare(int images, const Buffers& buffers) const;

  private:
    struct Kernels;
    std::unique_ptr<Kernels> kernels_;
};

class Convolution::Copy {
  public:
    virtual ~Copy() = default;
    virtual void run() = 0;
};

class Convolution::Call {
  public:
    virtual ~Call() = default;
    virtual void forward() = 0;           ///< y = w * x
    virtual void backward_weights() = 0;  ///< dw from x (of the last forward) and dy
    virtual void backward_data() = 0;     ///< dx from dy, after backward_weights
};

}  // namespace permloom
