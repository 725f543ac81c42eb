#include "compiler/checkpoint/onnx_export.h"

#include <fmt/format.h>

#include <string>

#include "compiler/checkpoint/onnx_model.h"
#include "compiler/checkpoint/projected.h"

namespace permloom {
namespace {

/// A tensor of the graph: a map has the axes images, channels, rows, columns; flat values images
/// and values, in the order rows, columns, channels.
struct Value {
    std::string name;
    Shape shape;
    bool map = false;
};

class Exporter {
  public:
    explicit Exporter(const Checkpoint& checkpoint)
        : checkpoint_(checkpoint),
          network_(checkpoint.network),
          model_(network_.name, {{"network", to_yaml(network_)}}) {}

    std::vector<uint8_t> model() {
        const Value input = preprocessed();
        for (size_t l = 0; l < network_.layers.size(); ++l) {
            const int from = network_.layers[l].from;
            outputs_.push_back(
                layer(l, from == NETWORK_INPUT ? input : outputs_[static_cast<size_t>(from)]));
        }
        model_.node("Identity", {flat(outputs_.back()).name}, {}, "logits");
        model_.output("logits", {network_.outputs()});
        return model_.bytes();
    }

  private:
    std::string scalar(const std::string& name, double value) {
        const float one = static_cast<float>(value);
        return model_.constant(name, {&one, 1}, {});
    }

    /// InputSpec's formula on the pixels.
    Value preprocessed() {
        const InputSpec& input = network_.input;
        const Shape& shape = input.shape;
        const bool map = shape.rows > 1 || shape.columns > 1;
        const std::vector<int64_t> extents =
            map ? std::vector<int64_t>{shape.rows, shape.columns, shape.channels}
                : std::vector<int64_t>{input.size};
        model_.input("pixels", extents);
        std::string x = model_.node("Div", {"pixels", scalar("input.div", input.div)});
        if (!checkpoint_.input_mean.empty())
            x = model_.node("Sub",
                            {x, model_.constant("input.mean", checkpoint_.input_mean, extents)});
        else if (input.mean != 0.0)
            x = model_.node("Sub", {x, scalar("input.mean", input.mean)});
        if (input.bits > 0) {
            const std::string scale = scalar("input.scale", input.scale);
            const std::string zero = scalar("input.zero", input.zero);
            x = model_.node("Round", {model_.node("Div", {x, scale})});
            x = model_.node("Add", {x, zero});
            x = model_.node("Clip", {x, scalar("input.lowest", 0.0),
                                     scalar("input.highest", (1 << input.bits) - 1)});
            x = model_.node("Mul", {model_.node("Sub", {x, zero}), scale});
        }
        if (!map) return {x, {1, 1, input.size}, false};
        return {model_.node("Transpose", {x}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}}), shape,
                true};
    }

    Value flat(const Value& x) {
        if (!x.map) return x;
        const std::string rows_first =
            model_.node("Transpose", {x.name}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}});
        return {model_.node("Flatten", {rows_first}, {{"axis", int64_t{1}}}), x.shape, false};
    }

    Value map(const Value& x, size_t l) {
        if (x.map) return x;
        const std::string shape =
            model_.constant(fmt::format("layers.{}.input_shape", l),
                            {-1, x.shape.rows, x.shape.columns, x.shape.channels});
        const std::string rows_first = model_.node("Reshape", {x.name, shape});
        return {
            model_.node("Transpose", {rows_first}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}}),
            x.shape, true};
    }

    Value layer(size_t l, const Value& input) {
        const LayerSpec& spec = network_.layers[l];
        Value x = spec.convolves ? convolution(l, map(input, l)) : dense(l, flat(input));
        x = activation(x, spec.activation);
        size_t norm = 0;
        for (size_t k = 0; k < spec.then.size(); ++k)
            x = operation(x, spec.then[k], l, norm);
        return x;
    }

    /// z = alpha * (W x + bias - offset)
    Value dense(size_t l, const Value& x) {
        const LayerSpec& spec = network_.layers[l];
        const LayerState& state = checkpoint_.layers[l];
        const RealWeights real = real_weights(checkpoint_, l);
        std::vector<float> constant = real.bias;
        for (float& value : constant)
            value = static_cast<float>(state.alpha * (value - state.offset));
        const std::string weights =
            model_.constant(name(l, "weights"), real.weights, {spec.outputs, spec.inputs});
        const std::string bias = model_.constant(name(l, "bias"), constant, {spec.outputs});
        return {model_.node("Gemm", {x.name, weights, bias},
                            {{"alpha", static_cast<float>(state.alpha)}, {"transB", int64_t{1}}}),
                {1, 1, spec.outputs},
                false};
    }

    Value convolution(size_t l, const Value& x) {
        const LayerSpec& spec = network_.layers[l];
        const LayerState& state = checkpoint_.layers[l];
        const RealWeights real = real_weights(checkpoint_, l);
        const auto kernel = static_cast<size_t>(spec.conv.kernel);
        const size_t places = kernel * kernel, channels = static_cast<size_t>(spec.inputs) / places;
        // rows, columns, channels -> channels, rows, columns
        std::vector<float> weights(real.weights.size());
        for (size_t j = 0; j < real.weights.size(); j += places * channels)
            for (size_t place = 0; place < places; ++place)
                for (size_t c = 0; c < channels; ++c)
                    weights[j + c * places + place] = real.weights[j + place * channels + c];
        std::vector<float> constant = real.bias;
        for (float& value : constant)
            value -= static_cast<float>(state.offset);
        const int64_t extent = spec.conv.kernel, stride = spec.conv.stride;
        std::string y = model_.node(
            "Conv",
            {x.name,
             model_.constant(name(l, "weights"), weights,
                             {spec.outputs, static_cast<int64_t>(channels), extent, extent}),
             model_.constant(name(l, "bias"), constant, {spec.outputs})},
            {{"kernel_shape", std::vector<int64_t>{extent, extent}},
             {"strides", std::vector<int64_t>{stride, stride}},
             {"auto_pad",
              std::string(spec.conv.padding == Padding::same ? "SAME_UPPER" : "VALID")}});
        if (state.alpha != 1.0) y = model_.node("Mul", {y, scalar(name(l, "alpha"), state.alpha)});
        return {y, spec.map, true};
    }

    Value activation(Value x, Activation kind) {
        if (kind == Activation::relu) x.name = model_.node("Relu", {x.name});
        if (kind == Activation::clip) {
            if (clip_low_.empty())
                clip_low_ = scalar("clip.lowest", 0.0), clip_high_ = scalar("clip.highest", 1.0);
            x.name = model_.node("Clip", {x.name, clip_low_, clip_high_});
        }
        return x;
    }

    /// One entry of `then`; `norm` counts the batch norms of the layer.
    Value operation(Value x, const OpSpec& spec, size_t l, size_t& norm) {
        if (std::holds_alternative<BatchNormSpec>(spec)) {
            x.name = batch_norm(x, l, norm++);
        } else if (const auto* op = std::get_if<ActivationSpec>(&spec)) {
            x = activation(x, op->kind);
        } else if (const auto* max = std::get_if<MaxPoolSpec>(&spec)) {
            x = pool(x, "MaxPool", max->window);
        } else if (const auto* average = std::get_if<AveragePoolSpec>(&spec)) {
            x = average->window > 0 ? pool(x, "AveragePool", average->window) : global_average(x);
        } else if (const auto* add = std::get_if<AddSpec>(&spec)) {
            Value other = outputs_[static_cast<size_t>(add->layer)];
            if (other.map != x.map) x = flat(x), other = flat(other);
            x.name = model_.node("Add", {x.name, other.name});
        } else if (std::holds_alternative<FlattenSpec>(spec)) {
            x = flat(x);
            x.shape = {1, 1, x.shape.size()};
        }
        return x;
    }

    std::string batch_norm(const Value& x, size_t l, size_t k) {
        const LayerState::BatchNorm& norm = checkpoint_.layers[l].batch_norms[k];
        const auto vector = [&](const char* field, const std::vector<float>& values) {
            return model_.constant(fmt::format("layers.{}.batch_norm.{}.{}", l, k, field), values,
                                   {static_cast<int64_t>(values.size())});
        };
        return model_.node("BatchNormalization",
                           {x.name, vector("gamma", norm.gamma), vector("beta", norm.beta),
                            vector("mean", norm.mean), vector("variance", norm.variance)},
                           {{"epsilon", BATCH_NORM_EPSILON}});
    }

    Value pool(const Value& x, const char* kind, int window) {
        const std::vector<int64_t> extents{window, window};
        return {model_.node(kind, {x.name}, {{"kernel_shape", extents}, {"strides", extents}}),
                {x.shape.rows / window, x.shape.columns / window, x.shape.channels},
                true};
    }

    Value global_average(const Value& x) {
        return {model_.node("GlobalAveragePool", {x.name}), {1, 1, x.shape.channels}, true};
    }

    static std::string name(size_t l, const char* field) {
        return fmt::format("layers.{}.{}", l, field);
    }

    const Checkpoint& checkpoint_;
    const NetworkSpec& network_;
    OnnxModel model_;
    std::vector<Value> outputs_;  ///< of the layers so far
    std::string clip_low_, clip_high_;
};

}  // namespace

std::vector<uint8_t> to_onnx(const Checkpoint& checkpoint) {
    return Exporter(checkpoint).model();
}

}  // namespace permloom
