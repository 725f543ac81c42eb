#include "compiler/checkpoint/npz_export.h"

#include <fmt/format.h>

#include "compiler/checkpoint/npz.h"
#include "compiler/checkpoint/projected.h"

namespace permloom {
namespace {

/// rows x columns -> columns x rows.
std::vector<float> transposed(const std::vector<float>& values, size_t columns) {
    const size_t rows = values.size() / columns;
    std::vector<float> result(values.size());
    for (size_t i = 0; i < rows; ++i)
        for (size_t j = 0; j < columns; ++j)
            result[j * rows + i] = values[i * columns + j];
    return result;
}

class Arrays {
  public:
    template <class T>
    void add(const std::string& name, const std::vector<T>& values, std::vector<int64_t> shape) {
        arrays_.push_back({name, Tensor::of(std::span<const T>(values), std::move(shape))});
    }
    void add_vector(const std::string& name, const std::vector<float>& values) {
        add(name, values, {static_cast<int64_t>(values.size())});
    }
    void add_scalar(const std::string& name, double value) {
        add(name, std::vector<float>{static_cast<float>(value)}, {});
    }
    const std::vector<NpzArray>& all() const { return arrays_; }

  private:
    std::vector<NpzArray> arrays_;
};

void add_layer(Arrays& arrays, const LayerState& state, const LayerSpec& spec,
               const std::string& name) {
    const int64_t lines = spec.lines(), outputs = spec.outputs, kernel = spec.conv.kernel;
    const std::vector<int64_t> dense{lines, outputs};
    const std::vector<int64_t> conv{kernel, kernel, spec.input.channels, outputs};
    arrays.add(name + "/kernel",
               transposed(projected_lines(state, spec), static_cast<size_t>(lines)),
               spec.convolves ? conv : dense);
    if (!state.bias.empty()) arrays.add_vector(name + "/bias", state.bias);
    for (size_t k = 0; k < state.batch_norms.size(); ++k) {
        const LayerState::BatchNorm& norm = state.batch_norms[k];
        const std::string prefix = fmt::format("{}/batch_norm.{}.", name, k);
        arrays.add_vector(prefix + "gamma", norm.gamma);
        arrays.add_vector(prefix + "beta", norm.beta);
        arrays.add_vector(prefix + "mean", norm.mean);
        arrays.add_vector(prefix + "variance", norm.variance);
    }
    arrays.add_scalar(name + "/alpha", state.alpha);
    arrays.add_scalar(name + "/offset", state.offset);
    arrays.add(name + "/source", state.source, {outputs, lines});
    arrays.add(name + "/profile", state.profile,
               {static_cast<int64_t>(state.profile.size()) / lines, lines});
}

}  // namespace

std::vector<uint8_t> to_npz(const Checkpoint& checkpoint, bool deflated) {
    Arrays arrays;
    if (!checkpoint.input_mean.empty()) arrays.add_vector("input/mean", checkpoint.input_mean);
    for (size_t l = 0; l < checkpoint.layers.size(); ++l) {
        const LayerSpec& spec = checkpoint.network.layers[l];
        add_layer(arrays, checkpoint.layers[l], spec, checkpoint.network.layer_name(l));
    }
    return to_npz(arrays.all(), deflated);
}

}  // namespace permloom
