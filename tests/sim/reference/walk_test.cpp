// Networks that walk, compiled: every code is the real activation of its inputs' codes, rounded.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/checkpoint/projected.h"
#include "compiler/passes/pipeline.h"
#include "compiler/passes/scales.h"
#include "sim/reference/reference.h"
#include "tests/support/random_checkpoint.h"

namespace permloom {
namespace {

using Catch::Matchers::Contains;

/// A small network; `layers` are the lines of the list.
NetworkSpec network_of_layers(const std::string& layers, const std::string& input = "[6, 5, 3]") {
    return parse_network(fmt::format(R"(
name: walks
about: a test
expect: nothing
data: digits
input: {{shape: {}, bits: 8, div: 255, mean: 0, scale: 1/255, zero: 3}}
layers:
{}
training: {{algorithm: laperm_latent, epochs: 1, batch: 1, learning_rate: 1e-3, sync_every: 1}}
)",
                                     input, layers),
                         "test");
}

std::string conv(const std::string& shape, const std::string& then,
                 const std::string& activation = "relu", const std::string& more = "") {
    return fmt::format(
        "  - {{{} conv: {{{}}}, rail: single, devices: {{values: he_uniform, bits: 4, "
        "profile: neuron, keep: 1, pruning: exact}}, bias: {{initial: zeros}}, "
        "activation: {}, bits: 8, then: [{}]}}\n",
        more, shape, activation, then);
}

std::string dense(int outputs, const std::string& then = "", const std::string& activation = "none",
                  const std::string& more = "") {
    return fmt::format(
        "  - {{{} outputs: {}, rail: single, devices: {{values: he_uniform, bits: 4, "
        "profile: neuron, keep: 1, pruning: exact}}, activation: {}, then: [{}]}}\n",
        more, outputs, activation, then);
}

/// What a layer makes of real inputs, operation by operation as the description lists them.
class RealLayer {
  public:
    RealLayer(const Checkpoint& checkpoint, size_t index)
        : spec_(checkpoint.network.layers[index]),
          state_(checkpoint.layers[index]),
          weights_(projected_lines(state_, spec_)) {}

    /// Row, column, channel.
    std::vector<double> sums(const std::vector<double>& x) const {
        std::vector<double> z;
        const Shape in = spec_.convolves ? spec_.input : Shape{1, 1, spec_.inputs};
        const int kernel = spec_.convolves ? spec_.conv.kernel : 1;
        const int stride = spec_.convolves ? spec_.conv.stride : 1;
        const auto before = [&](int windows, int extent) {
            if (spec_.conv.padding == Padding::valid) return 0;
            return std::max((windows - 1) * stride + kernel - extent, 0) / 2;
        };
        for (int row = 0; row < spec_.map.rows; ++row)
            for (int column = 0; column < spec_.map.columns; ++column)
                for (int j = 0; j < spec_.outputs; ++j) {
                    double sum = 0.0;
                    for (int i = 0; i < spec_.inputs; ++i) {
                        const int y = row * stride + i / (kernel * in.channels) -
                                      before(spec_.map.rows, in.rows);
                        const int column_in = column * stride + i / in.channels % kernel -
                                              before(spec_.map.columns, in.columns);
                        if (y < 0 || y >= in.rows || column_in < 0 || column_in >= in.columns)
                            continue;
                        sum += static_cast<double>(
                                   weights_[static_cast<size_t>(j * spec_.inputs + i)]) *
                               x[static_cast<size_t>((y * in.columns + column_in) * in.channels +
                                                     i % in.channels)];
                    }
                    const double bias =
                        state_.bias.empty()
                            ? 0.0
                            : static_cast<double>(state_.bias[static_cast<size_t>(j)]);
                    z.push_back(state_.alpha * (sum + bias - state_.offset));
                }
        return z;
    }

    /// In front of the clamp and the pool; `added` as `z`.
    std::vector<double> outputs(std::vector<double> z, const std::vector<double>& added) const {
        const auto neurons = static_cast<size_t>(spec_.outputs);
        if (spec_.activation == Activation::relu)
            for (double& value : z)
                value = std::max(value, 0.0);
        size_t norm = 0;
        for (const OpSpec& op : spec_.then) {
            if (std::holds_alternative<BatchNormSpec>(op)) {
                const LayerState::BatchNorm& n = state_.batch_norms[norm++];
                for (size_t i = 0; i < z.size(); ++i) {
                    const size_t j = i % neurons;
                    z[i] = (z[i] - static_cast<double>(n.mean[j])) /
                               std::sqrt(static_cast<double>(n.variance[j]) + 1e-3) *
                               static_cast<double>(n.gamma[j]) +
                           static_cast<double>(n.beta[j]);
                }
            } else if (std::holds_alternative<AddSpec>(op)) {
                for (size_t i = 0; i < z.size(); ++i)
                    z[i] += added[i];
            } else if (std::holds_alternative<ActivationSpec>(op)) {
                for (double& value : z)
                    value = std::max(value, 0.0);
            }
        }
        return z;
    }

  private:
    const LayerSpec& spec_;
    const LayerState& state_;
    std::vector<float> weights_;
};

std::vector<double> real(const std::vector<int32_t>& codes, const ActivationScale& scale) {
    std::vector<double> values;
    for (const int32_t code : codes)
        values.push_back((code - scale.zero) * scale.step);
    return values;
}

/// Codes of a pool, from codes.
std::vector<int32_t> pool_of(const LayerSpec& spec, const std::vector<int32_t>& codes, int window,
                             bool adds) {
    std::vector<int32_t> result;
    for (int row = 0; row + window <= spec.map.rows; row += window)
        for (int column = 0; column + window <= spec.map.columns; column += window)
            for (int j = 0; j < spec.outputs; ++j) {
                int32_t value = 0;
                for (int i = 0; i < window * window; ++i) {
                    const int at = (row + i / window) * spec.map.columns + column + i % window;
                    const int32_t code = codes[static_cast<size_t>(at * spec.outputs + j)];
                    value = adds ? value + code : std::max(value, code);
                }
                result.push_back(value);
            }
    return result;
}

/// Roundings of b, m and m2 beside that of the code, all far below a step.
constexpr double SLACK = 0.06;

void check_network(const NetworkSpec& network, Rng& rng) {
    const Checkpoint checkpoint = testing::random_checkpoint(network, rng);
    CompileOptions options;
    options.target.engines = {Engine::serial};
    const CompileResult compiled = compile(checkpoint, options);
    const auto reference = make_reference(compiled.chip, compiled.configuration);
    const std::vector<ActivationScale> inputs = activation_scales(checkpoint);
    const std::vector<ActivationScale> codes = code_scales(checkpoint);
    const std::vector<ActivationScale> values = value_scales(checkpoint);
    const std::vector<PostOpForm> forms = post_op_forms(checkpoint);
    std::vector<uint16_t> pixels;
    for (int i = 0; i < network.input.size; ++i)
        pixels.push_back(static_cast<uint16_t>(rng.below(256)));
    const Inference found = reference->infer(pixels);
    const std::vector<int32_t> image(pixels.begin(), pixels.end());
    int clamped = 0, all = 0;
    for (size_t l = 0; l < network.layers.size(); ++l) {
        const LayerSpec& spec = network.layers[l];
        INFO("layer " << l);
        const RealLayer layer(checkpoint, l);
        const auto& read =
            spec.from == NETWORK_INPUT ? image : found.activations[static_cast<size_t>(spec.from)];
        const std::vector<double> z = layer.sums(real(read, inputs[l]));
        if (l + 1 == network.layers.size()) {
            const LayerState& state = checkpoint.layers[l];
            for (size_t j = 0; j < z.size(); ++j)
                CHECK(std::abs(static_cast<double>(found.logits[j]) -
                               z[j] / (state.alpha * state.scale * inputs[l].step)) <= 0.5 + 1e-5);
            continue;
        }
        std::vector<double> added;
        if (forms[l].added) {
            const auto skip = static_cast<size_t>(*forms[l].added);
            added = real(found.activations[skip], values[skip]);
        }
        const std::vector<double> y = layer.outputs(z, added);
        std::vector<int32_t> nearest;
        for (const double value : y) {
            const double code = value / codes[l].step + codes[l].zero;
            nearest.push_back(
                static_cast<int32_t>(std::floor(std::clamp(code, 0.0, 1.0 * codes[l].hi()) + 0.5)));
            clamped += code < 0.0 || code > codes[l].hi();
            ++all;
        }
        if (forms[l].pool == Pool::none) {
            REQUIRE(found.activations[l].size() == y.size());
            for (size_t i = 0; i < y.size(); ++i) {
                const double ideal =
                    std::clamp(y[i] / codes[l].step + codes[l].zero, 0.0, 1.0 * codes[l].hi());
                CHECK(std::abs(found.activations[l][i] - ideal) <= 0.5 + SLACK);
            }
        } else {
            const bool adds = forms[l].pool == Pool::sum;
            const std::vector<int32_t> ideal = pool_of(spec, nearest, forms[l].window, adds);
            REQUIRE(found.activations[l].size() == ideal.size());
            // Every code under the pool may have been rounded the other way.
            const int slack = adds ? forms[l].window * forms[l].window : 1;
            for (size_t i = 0; i < ideal.size(); ++i)
                CHECK(std::abs(found.activations[l][i] - ideal[i]) <= slack);
        }
    }
    CHECK(clamped < all);
}

std::string refusal(const NetworkSpec& network) {
    Rng rng(5);
    try {
        compile(testing::random_checkpoint(network, rng), {});
    } catch (const Error& error) {
        return error.where() + ": " + error.problem() + " | " + error.hint();
    }
    return {};
}

}  // namespace

TEST_CASE("walk -- padding, strides, biases, pools: codes are the real activations, rounded") {
    Rng rng(91);
    for (const char* padding : {"valid", "same"})
        for (const int stride : {1, 2})
            for (const int kernel : {1, 2, 3})
                for (const char* then :
                     {"", "batch_norm", "{max_pool: 2}",
                      "batch_norm, {dropout: 0.3}, {max_pool: 2}, flatten", "{average_pool: 2}",
                      "batch_norm, relu, {average_pool: 2}"}) {
                    INFO(padding << " " << stride << " " << kernel << " " << then);
                    check_network(
                        network_of_layers(conv(fmt::format("filters: 4, kernel: {}, stride: {}, "
                                                           "padding: {}",
                                                           kernel, stride, padding),
                                               then) +
                                          dense(5)),
                        rng);
                }
}

TEST_CASE("walk -- layers without an activation, with batch norm, additions and projections") {
    Rng rng(92);
    const std::string same = "filters: 3, kernel: 3, padding: same";
    for (int round = 0; round < 10; ++round) {
        check_network(
            network_of_layers(
                conv(same, "batch_norm, relu", "none", "name: stem,") +
                conv(same, "batch_norm, relu", "none") +
                conv(same, "batch_norm, {add: stem}, relu", "none", "name: first,") +
                conv("filters: 6, kernel: 1, stride: 2, padding: same", "", "none", "name: way,") +
                conv("filters: 6, kernel: 3, stride: 2, padding: same", "batch_norm, relu", "none",
                     "from: first,") +
                conv("filters: 6, kernel: 3, padding: same",
                     "batch_norm, {add: way}, relu, {average_pool: 3}, flatten", "none") +
                dense(4)),
            rng);
        check_network(network_of_layers(dense(7, "batch_norm", "relu", "name: a,") +
                                        dense(7, "{add: a}", "none") + dense(3)),
                      rng);
    }
}

TEST_CASE("walk -- what no chip can do is refused, with the order that it can") {
    const std::string plain = "filters: 3, kernel: 3";
    CHECK_THAT(refusal(network_of_layers(conv(plain, "{max_pool: 2}, batch_norm") + dense(3))),
               Contains("layer 0") && Contains("batch_norm behind a pool") && Contains("order"));
    CHECK_THAT(
        refusal(network_of_layers(conv(plain, "batch_norm, relu, batch_norm", "none") + dense(3))),
        Contains("batch_norm behind a bound"));
    CHECK_THAT(
        refusal(network_of_layers(conv(plain, "{average_pool: 2}, relu", "none") + dense(3))),
        Contains("an activation behind an average pool"));
    CHECK_THAT(
        refusal(network_of_layers(conv(plain, "global_average_pool") + dense(3), "[6, 5, 3]")),
        Contains("4 x 3 positions"));
}

}  // namespace permloom
