#include "compiler/checkpoint/import.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/base/rng.h"
#include "compiler/checkpoint/npz_export.h"
#include "compiler/checkpoint/projected.h"
#include "compiler/perm/permutation.h"
#include "tests/support/temporary_directory.h"

namespace permloom {
namespace {

using Catch::Contains;
using Floats = std::vector<float>;
using testing::TemporaryDirectory;

NetworkSpec network_of(const std::string& input, const std::string& layers) {
    return parse_network("name: net\nabout: test\nexpect: test\ndata: digits\ninput: {" + input +
                             "}\nlayers:\n" + layers +
                             "training:\n  algorithm: laperm\n  epochs: 1\n  batch: 16\n"
                             "  learning_rate: 1e-3\n  sync_every: 10\n",
                         "net");
}

std::string devices(const std::string& changes = "values: he_uniform, bits: 0, profile: neuron") {
    return "    rail: single\n    devices: {" + changes + "}\n";
}

/// One dense layer.
NetworkSpec dense(int inputs, int outputs, const std::string& changes, bool bias = false) {
    return network_of("size: " + std::to_string(inputs) + ", bits: 0, div: 16, mean: 0",
                      "  - outputs: " + std::to_string(outputs) + "\n" + devices(changes) +
                          (bias ? "    bias: {initial: zeros}\n" : "") + "    activation: none\n");
}

/// A shortcut, a branch of two convolutions, batch norms, biases, a flattened map.
const std::string BRANCHES = R"(  - name: shortcut
    conv: {filters: 3, kernel: 1, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 4, profile: layer}
    activation: none
  - name: first
    from: input
    conv: {filters: 3, kernel: 3, padding: same}
    rail: single
    devices: {values: he_normal, bits: 0, profile: neuron}
    bias: {initial: he_uniform, permuted: true}
    activation: none
    then: [batch_norm, relu, batch_norm]
  - name: second
    conv: {filters: 3, kernel: 3, padding: same}
    rail: single
    devices: {values: shared, value: 0.08, profile: neuron, keep: 0.5, pruning: bernoulli}
    activation: none
    then: [{add: shortcut}, relu, {max_pool: 2}, flatten]
  - outputs: 4
    rail: single
    devices: {values: glorot_uniform, bits: 3, profile: neuron}
    bias: {initial: zeros}
    activation: none
)";
const std::string MAPS = "shape: [4, 6, 2], bits: 0, div: 16, mean: per_pixel";

Floats random_values(size_t count, Rng& random, double low = -1.0, double high = 1.0) {
    Floats values(count);
    for (float& value : values)
        value = static_cast<float>(random.uniform(low, high));
    return values;
}

/// Any devices, any wiring.
Checkpoint random_checkpoint(const NetworkSpec& network, Rng& random) {
    Checkpoint checkpoint;
    checkpoint.network = network;
    checkpoint.input_mean = random_values(static_cast<size_t>(network.input.size), random);
    for (const LayerSpec& spec : network.layers) {
        LayerState state;
        const auto lines = static_cast<size_t>(spec.lines());
        const int top = spec.devices.largest_level();
        // The limits of he_uniform and glorot_uniform, written out.
        const int window = spec.convolves ? spec.conv.kernel * spec.conv.kernel : 1;
        const bool glorot = spec.devices.values == DeviceValues::glorot_uniform;
        const double limit =
            spec.devices.shared()
                ? spec.devices.value
                : std::sqrt(6.0 / (spec.inputs + (glorot ? window * spec.outputs : 0)));
        state.scale = top > 0 ? limit / top : 1.0;
        for (int bank = 0; bank < (spec.devices.shared_profile ? 1 : spec.outputs); ++bank) {
            Floats values = random_values(lines, random);
            std::vector<int32_t> integers;
            const int low = spec.devices.shared() ? 0 : -top;
            for (size_t r = 0; top > 0 && r < lines; ++r)
                integers.push_back(
                    low + static_cast<int32_t>(random.below(static_cast<uint64_t>(top - low + 1))));
            std::ranges::sort(values);
            std::ranges::sort(integers);
            for (size_t r = 0; r < integers.size(); ++r)
                values[r] = static_cast<float>(integers[r] * state.scale);
            state.profile.insert(state.profile.end(), values.begin(), values.end());
            state.profile_q.insert(state.profile_q.end(), integers.begin(), integers.end());
        }
        for (int j = 0; j < spec.outputs; ++j) {
            const Permutation wiring = Permutation::random(spec.lines(), random);
            state.source.insert(state.source.end(), wiring.values().begin(), wiring.values().end());
        }
        const auto outputs = static_cast<size_t>(spec.outputs);
        if (spec.has_bias) state.bias = random_values(outputs, random);
        for (const OpSpec& op : spec.then)
            if (std::holds_alternative<BatchNormSpec>(op))
                state.batch_norms.push_back(
                    {random_values(outputs, random), random_values(outputs, random),
                     random_values(outputs, random), random_values(outputs, random, 0.0, 2.0)});
        state.alpha = static_cast<float>(random.uniform(0.5, 2.0));
        state.offset = static_cast<float>(random.uniform(-1.0, 1.0));
        checkpoint.layers.push_back(std::move(state));
    }
    return checkpoint;
}

ForeignWeights keras(std::vector<ForeignArray> arrays) {
    return {ForeignFormat::keras_hdf5, std::move(arrays)};
}
ForeignWeights torch(std::vector<ForeignArray> arrays) {
    return {ForeignFormat::safetensors, std::move(arrays)};
}

/// 0, 1, ... as an array of this shape.
ForeignArray counting(const std::string& name, std::vector<int64_t> shape) {
    int64_t count = 1;
    for (const int64_t extent : shape)
        count *= extent;
    Floats values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(i);
    return {name, std::move(shape), std::move(values)};
}

std::string message(const NetworkSpec& network, const ForeignWeights& weights,
                    const ImportOptions& options = {}) {
    try {
        import_weights(network, weights, "w.h5", options);
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

/// Weights of the only layer, a row a neuron.
LayerState imported(const NetworkSpec& network, const Floats& rows,
                    const ImportOptions& options = {}) {
    const LayerSpec& layer = network.layers.front();
    return import_weights(network, torch({{"fc.weight", {layer.outputs, layer.inputs}, rows}}),
                          "w.safetensors", options)
        .layers.front();
}

}  // namespace

TEST_CASE("import -- what export wrote as .npz comes back bit for bit") {
    const TemporaryDirectory directory;
    Rng random(3);
    for (const std::string& input :
         {MAPS, std::string("shape: [4, 6, 2], bits: 0, div: 16, mean: 0")}) {
        Checkpoint before = random_checkpoint(network_of(input, BRANCHES), random);
        const bool has_mean = before.network.input.per_pixel_mean;
        if (!has_mean) before.input_mean.clear();
        write_file(directory / "w.npz", to_npz(before, false));
        const ImportedWeights after =
            import_weights(before.network, read_foreign(directory / "w.npz"), "w.npz", {});
        CHECK(after.input_mean == before.input_mean);
        CHECK(after.left_out.empty());
        CHECK(after.arrays.front() == "shortcut/kernel");
        REQUIRE(after.layers.size() == before.layers.size());
        for (size_t l = 0; l < after.layers.size(); ++l) {
            INFO("layer " << l);
            const LayerState &a = after.layers[l], &b = before.layers[l];
            const LayerSpec& spec = before.network.layers[l];
            CHECK(projected_lines(a, spec) == projected_lines(b, spec));
            CHECK(a.latent == projected_lines(b, spec));
            CHECK(a.profile == b.profile);
            CHECK(a.profile_q == b.profile_q);
            CHECK(a.scale == b.scale);
            CHECK(a.bias == b.bias);
            CHECK(a.alpha == b.alpha);
            CHECK(a.offset == b.offset);
            REQUIRE(a.batch_norms.size() == b.batch_norms.size());
            for (size_t k = 0; k < a.batch_norms.size(); ++k) {
                CHECK(a.batch_norms[k].gamma == b.batch_norms[k].gamma);
                CHECK(a.batch_norms[k].beta == b.batch_norms[k].beta);
                CHECK(a.batch_norms[k].mean == b.batch_norms[k].mean);
                CHECK(a.batch_norms[k].variance == b.batch_norms[k].variance);
            }
        }
    }
}

TEST_CASE("import -- layers take the first weights of their shape, norms their channels") {
    const NetworkSpec network =
        network_of("shape: [4, 6, 2], bits: 0, div: 16, mean: 0", R"(  - name: shortcut
    conv: {filters: 3, kernel: 1, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    activation: none
  - from: input
    conv: {filters: 3, kernel: 3, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    activation: none
    then: [batch_norm]
  - conv: {filters: 3, kernel: 3, padding: same}
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    activation: none
    then: [{add: shortcut}, relu, flatten]
  - outputs: 2
    rail: single
    devices: {values: he_uniform, bits: 0, profile: neuron}
    activation: none
)");
    // Keras lists a shortcut behind the branch that it joins.
    ForeignWeights weights =
        keras({counting("conv/kernel:0", {3, 3, 2, 3}), counting("norm/moving_mean:0", {3}),
               counting("norm/moving_variance:0", {3}), counting("conv_1/kernel:0", {3, 3, 3, 3}),
               counting("conv_2/kernel:0", {1, 1, 2, 3}), counting("dense/kernel:0", {72, 2}),
               counting("dense/note:0", {5})});
    const ImportedWeights result = import_weights(network, weights, "w.h5", {});
    CHECK(result.arrays == std::vector<std::string>{"conv_2/kernel:0", "conv/kernel:0",
                                                    "conv_1/kernel:0", "dense/kernel:0"});
    CHECK(result.left_out == std::vector<std::string>{"dense/note:0"});
    // Gamma and beta that a file lacks are 1 and 0.
    const LayerState::BatchNorm& norm = result.layers[1].batch_norms.front();
    CHECK(norm.gamma == Floats{1, 1, 1});
    CHECK(norm.beta == Floats{0, 0, 0});
    CHECK(norm.variance == Floats{0, 1, 2});

    CHECK_THAT(message(network, weights, {.order = {"conv", "conv_1", "conv_2", "dense", "norm"}}),
               Contains("layer shortcut: takes weights of shape (1, 1, 2, 3), array "
                        "'conv/kernel:0' has (3, 3, 2, 3)"));
    ImportOptions options;
    options.order = {"conv_2", "conv", "conv_1", "dense", "norm"};
    CHECK(import_weights(network, weights, "w.h5", options).arrays == result.arrays);
}

TEST_CASE("import -- an order takes the modules that it names, and nothing else") {
    const NetworkSpec network = dense(2, 2, "values: he_uniform, bits: 0, profile: neuron");
    const ForeignWeights weights = torch(
        {counting("a.weight", {2, 2}), counting("b.weight", {2, 2}), counting("b.bias", {2})});
    CHECK_THAT(message(network, weights),
               Contains("holds the weights of 2 layers, network net has "
                        "1") &&
                   Contains("the file holds a.weight (2, 2), b.weight "
                            "(2, 2); the network wants layers.0 (2, 2)"));
    ImportOptions options;
    options.order = {"a"};
    const ImportedWeights result = import_weights(network, weights, "w", options);
    CHECK(result.arrays == std::vector<std::string>{"a.weight"});
    CHECK(result.left_out == std::vector<std::string>{"b.weight", "b.bias"});
    CHECK_THAT(message(network, weights, {.order = {"c"}}),
               Contains("order: 'c' is no module of the file") && Contains("modules are a, b"));
    CHECK_THAT(message(network, weights, {.order = {"a", "a"}}),
               Contains("order: names 'a' 2 times"));
}

TEST_CASE("import -- both layouts give one layer, and arrays without a module are weights") {
    const NetworkSpec network = dense(3, 2, "values: he_uniform, bits: 0, profile: neuron");
    const Floats rows{0, 10, 20, 1, 11, 21};
    CHECK(imported(network, rows).latent == rows);
    ImportOptions options;
    for (const char* name : {"dense/kernel:0", "kernel", "W1"})
        CHECK(import_weights(network, keras({{name, {3, 2}, {0, 1, 10, 11, 20, 21}}}), "w", options)
                  .layers.front()
                  .latent == rows);
    options.layout = WeightLayout::pytorch;
    CHECK(import_weights(network, keras({{"kernel", {2, 3}, rows}}), "w", options)
              .layers.front()
              .latent == rows);
    CHECK_THAT(message(network, keras({{"kernel", {2, 3}, rows}})),
               Contains("takes weights of shape (3, 2), array 'kernel' has (2, 3)") &&
                   Contains("--layout pytorch"));
}

TEST_CASE("import -- PyTorch's flattened maps are put into our order") {
    const NetworkSpec network = network_of(
        "shape: [4, 6, 2], bits: 0, div: 16, mean: 0",
        "  - conv: {filters: 3, kernel: 2, padding: same}\n" + devices() +
            "    activation: relu\n    then: [{max_pool: 2}, flatten]\n  - outputs: 4\n" +
            devices() + "    activation: none\n");
    Rng random(5);
    const int rows = 2, columns = 3, channels = 3;  // behind the pool
    const Floats kernel = random_values(3 * 2 * 2 * 2, random);
    const Floats weights = random_values(4 * 18, random), map = random_values(18, random);
    const ImportedWeights result = import_weights(
        network, torch({{"conv.weight", {3, 2, 2, 2}, kernel}, {"fc.weight", {4, 18}, weights}}),
        "w", {});
    for (size_t j = 0; j < 4; ++j) {
        double theirs = 0.0, ours = 0.0;
        for (int channel = 0; channel < channels; ++channel)
            for (int row = 0; row < rows; ++row)
                for (int column = 0; column < columns; ++column) {
                    const int flat_theirs = (channel * rows + row) * columns + column;
                    const int flat_ours = (row * columns + column) * channels + channel;
                    const double x = map[static_cast<size_t>(flat_ours)];
                    theirs += x * weights[j * 18 + static_cast<size_t>(flat_theirs)];
                    ours += x * result.layers[1].latent[j * 18 + static_cast<size_t>(flat_ours)];
                }
        CHECK(ours == Approx(theirs).epsilon(1e-12));
    }
    // Kernel of the first channel: its place (0, 1), input channel 1.
    CHECK(result.layers[0].latent[1 * 2 + 1] == kernel[1 * 4 + 1]);
}

TEST_CASE("import -- another epsilon of a batch norm changes no output") {
    const NetworkSpec network =
        network_of("shape: [2, 2, 1], bits: 0, div: 16, mean: 0",
                   "  - conv: {filters: 3, kernel: 2}\n" + devices() +
                       "    activation: none\n    then: [batch_norm, flatten]\n  - outputs: 2\n" +
                       devices() + "    activation: none\n");
    // One variance is smaller than both, one is 0.
    const Floats gamma{1.5F, -2.0F, 0.5F}, beta{0.1F, 0.2F, 0.3F}, mean{1, 2, 3},
        variance{0.7F, 2e-5F, 0.0F};
    const ForeignWeights weights = torch({counting("conv.weight", {3, 1, 2, 2}),
                                          {"bn.weight", {3}, gamma},
                                          {"bn.bias", {3}, beta},
                                          {"bn.running_mean", {3}, mean},
                                          {"bn.running_var", {3}, variance},
                                          {"bn.num_batches_tracked", {}, {77}},
                                          counting("fc.weight", {2, 3})});
    for (const std::optional<double> epsilon :
         {std::optional<double>{}, std::optional(1e-3), std::optional(0.5)}) {
        ImportOptions options;
        options.epsilon = epsilon;
        const ImportedWeights result = import_weights(network, weights, "w", options);
        CHECK(result.left_out.empty());
        const LayerState::BatchNorm& norm = result.layers[0].batch_norms.front();
        CHECK(norm.mean == mean);
        CHECK(norm.variance == variance);
        CHECK(norm.beta == beta);
        for (size_t c = 0; c < 3; ++c) {
            const double theirs = gamma[c] / std::sqrt(variance[c] + epsilon.value_or(1e-5));
            const double ours = norm.gamma[c] / std::sqrt(variance[c] + 1e-3);
            CHECK(ours == Approx(theirs).epsilon(1e-6));
        }
        if (epsilon == 1e-3) CHECK(norm.gamma == gamma);
    }
}

TEST_CASE("import -- sorted weights are the devices, equal ones in the order of their lines") {
    const LayerState state = imported(dense(4, 2, "values: he_uniform, bits: 0, profile: neuron"),
                                      {0.5F, -1, 0.5F, 0, 3, 2, 1, 0});
    CHECK(state.profile == Floats{-1, 0, 0.5F, 0.5F, 0, 1, 2, 3});
    CHECK(state.source == std::vector<int32_t>{1, 3, 0, 2, 3, 2, 1, 0});
    CHECK(state.profile_q.empty());
    CHECK(state.scale == 1.0);
}

TEST_CASE("import -- one profile a layer is taken where all neurons have the same devices") {
    const NetworkSpec network = dense(3, 2, "values: he_uniform, bits: 0, profile: layer");
    const LayerState state = imported(network, {1, 2, 3, 3, 1, 2});
    CHECK(state.profile == Floats{1, 2, 3});
    CHECK(state.source == std::vector<int32_t>{0, 1, 2, 1, 2, 0});
    CHECK_THAT(message(network, keras({{"kernel", {3, 2}, {1, 1, 2, 2, 3, 4}}})),
               Contains("w.h5: layer 0: has one profile in the network, and neuron 1 has "
                        "other weights than neuron 0: of rank 2 it has 4, not 3") &&
                   Contains("--shared-profile"));
}

TEST_CASE("import -- levels and shared values are found again as integers") {
    const double unit = std::sqrt(6.0 / 4.0) / 3.0;
    const auto level = [&](int n) { return static_cast<float>(n * unit); };
    const NetworkSpec levels = dense(4, 1, "values: he_uniform, bits: 3, profile: neuron");
    Floats rows{level(3), level(-2), level(0), level(1)};
    rows[0] *= 1.0F + 2e-6F;  // the rounding of another program
    const LayerState state = imported(levels, rows);
    CHECK(state.profile_q == std::vector<int32_t>{-2, 0, 1, 3});
    CHECK(state.profile == Floats{level(-2), level(0), level(1), level(3)});
    CHECK(state.scale == unit);
    for (const float wrong : {level(1) * 1.0001F, level(4)})
        CHECK_THAT(message(levels, keras({{"kernel", {4, 1}, {0, wrong, 0, 0}}})),
                   Contains("weight 1 of neuron 0 is") &&
                       Contains("no level of its devices (3 "
                                "bits: multiples of 0.408248") &&
                       Contains("--set layers.0.devices.bits=0"));

    const NetworkSpec shared =
        dense(4, 1, "values: shared, value: 0.08, profile: neuron, keep: 0.5");
    const LayerState wires = imported(shared, {0.08F, 0, 0.08F, 0});
    CHECK(wires.profile_q == std::vector<int32_t>{0, 0, 1, 1});
    CHECK(wires.scale == 0.08);
    CHECK_THAT(message(shared, keras({{"kernel", {4, 1}, {0, 0.25F, 0, 0.25F}}})),
               Contains("weight 1 of neuron 0 is 0.25, its devices are 0 and 0.08") &&
                   Contains("--set layers.0.devices.value=0.25"));
    for (const Floats& rows_of_others : {Floats{0, -0.08F, 0, 0}, Floats{0, 0.25F, 0, 0.5F}})
        CHECK_THAT(message(shared, keras({{"kernel", {4, 1}, rows_of_others}})),
                   Contains("its devices are 0 and 0.08") &&
                       Contains("--set 'layers.0.devices={values: he_uniform"));

    const NetworkSpec with_sign =
        dense(4, 1, "values: signed_shared, value: 0.5, profile: neuron, keep: 0.5");
    CHECK(imported(with_sign, {-0.5F, 0, 0.5F, 0}).profile_q == std::vector<int32_t>{-1, 0, 0, 1});
    CHECK_THAT(message(with_sign, keras({{"kernel", {4, 1}, {0.25F, -0.25F, 0, 0}}})),
               Contains("is 0.25, its devices are 0 and +-0.5") && Contains("devices.value=0.25"));
}

TEST_CASE("import -- weights on a chip's devices hold the very multiset of every bank") {
    const NetworkSpec network = dense(4, 2, "values: he_uniform, bits: 0, profile: neuron");
    const Floats rows{0.6F, -0.4F, 0.2F, 0.2F, 0.4F, 0.4F, 0, -0.6F};
    ImportOptions options;
    options.devices = {{-2, 1, 1, 3, -3, 0, 2, 2}};
    const LayerState state = imported(network, rows, options);
    CHECK(state.profile_q == options.devices[0]);
    CHECK(state.scale == Approx(0.2));
    CHECK(state.source == std::vector<int32_t>{1, 2, 3, 0, 3, 2, 0, 1});

    const auto refused = [&](const std::vector<int32_t>& chip) {
        ImportOptions other;
        other.devices = {chip};
        return message(network, torch({{"fc.weight", {2, 4}, rows}}), other);
    };
    CHECK_THAT(refused({-2, 1, 1, 3, -3, 0, 1, 2}),
               Contains("layer 0: neuron 1: 0 weights are 1, 1 devices of the chip"));
    CHECK_THAT(refused({-2, 1, 1, 3}), Contains("neuron 1: 1 weights are -3, 0 devices"));
    CHECK_THAT(refused({-2, 1, 1, 4, -3, 0, 2, 2}),
               Contains("weight 1 of neuron 0 is -0.4, no multiple of 0.15"));
    CHECK_THAT(refused({0, 0, 0, 0}), Contains("every device of the chip is zero"));
    options.devices = {{-1, 0, 0, 1}};
    CHECK_THAT(message(network, torch({{"fc.weight", {2, 4}, Floats(8)}}), options),
               Contains("every weight is zero"));
}

TEST_CASE("import -- each fault names file, layer and array") {
    const NetworkSpec plain = dense(2, 2, "values: he_uniform, bits: 0, profile: neuron");
    const NetworkSpec biased = dense(2, 2, "values: he_uniform, bits: 0, profile: neuron", true);
    const ForeignArray kernel = counting("d/kernel:0", {2, 2});
    CHECK(message(plain, keras({kernel, {"d/bias:0", {2}, {0, 0}}})) == "accepted");
    CHECK_THAT(message(plain, keras({kernel, {"d/bias:0", {2}, {0, 1}}})),
               Contains("w.h5: layer 0: has no bias, array 'd/bias:0' holds one that is not "
                        "zero") &&
                   Contains("--set 'layers.0.bias={initial: zeros}'"));
    CHECK_THAT(message(biased, keras({kernel})),
               Contains("has a bias, and the file holds none beside 'd/kernel:0'"));
    CHECK_THAT(message(biased, keras({kernel, {"d/bias:0", {3}, {0, 1, 2}}})),
               Contains("takes 2 numbers of 'd/bias:0', which has the shape (3)"));
    CHECK_THAT(message(plain, keras({{"note", {2}, {0, 0}}})),
               Contains("holds the weights of 0 layers") && Contains("2 or 4 axes are weights"));
    CHECK_THAT(
        message(plain, keras({kernel, counting("n/mean", {2}), counting("n/variance", {2})})),
        Contains("holds 1 batch norms, network net has 0") && Contains("the file holds n"));
    const NetworkSpec rails = dense(1, 2, "values: he_uniform, bits: 0, profile: neuron");
    NetworkSpec dual = rails;
    dual.layers[0].rail = Rail::dual;
    CHECK_THAT(message(dual, keras({counting("kernel", {1, 2})})), Contains("has dual rails"));

    const NetworkSpec maps =
        network_of(MAPS, "  - conv: {filters: 2, kernel: 4}\n" + devices() +
                             "    activation: none\n    then: [batch_norm, flatten]\n"
                             "  - outputs: 2\n" +
                             devices() + "    activation: none\n");
    const auto with_norm = [&](const ForeignArray& mean, const ForeignArray& variance) {
        return keras(
            {counting("c/kernel", {4, 4, 2, 2}), mean, variance, counting("d/kernel", {6, 2})});
    };
    CHECK_THAT(message(maps, with_norm(counting("n/mean", {3}), counting("n/variance", {3}))),
               Contains("takes a batch norm of 2 channels, array 'n/mean' has (3)"));
    CHECK_THAT(message(maps, with_norm(counting("n/mean", {2}), counting("n/variance", {3}))),
               Contains("takes 2 numbers of 'n/variance'"));
    CHECK_THAT(message(maps, with_norm(counting("n/mean", {2}), {"n/variance", {2}, {1, -1}})),
               Contains("array 'n/variance' has a negative variance"));
    ForeignWeights means = with_norm(counting("n/mean", {2}), counting("n/variance", {2}));
    means.arrays.push_back(counting("input/mean", {5}));
    CHECK_THAT(message(maps, means),
               Contains("takes 48 means of its inputs, array 'input/mean' has "
                        "the shape (5)"));
}

}  // namespace permloom
