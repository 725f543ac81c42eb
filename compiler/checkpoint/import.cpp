#include "compiler/checkpoint/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compiler/base/error.h"
#include "compiler/checkpoint/foreign_modules.h"
#include "compiler/checkpoint/recover.h"

namespace permloom {
namespace {

constexpr double PYTORCH_EPSILON = 1e-5;
/// Modules and layers that a hint lists.
constexpr size_t LISTED = 8;

using Extents = std::vector<int64_t>;

std::string text_of(const Extents& shape) {
    return fmt::format("({})", fmt::join(shape, ", "));
}

std::string list_of(const std::vector<std::string>& items) {
    const auto end = items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), LISTED));
    return fmt::format("{}{}", fmt::join(items.begin(), end, ", "),
                       items.size() > LISTED ? ", ..." : "");
}

Extents shape_of(const LayerSpec& layer, WeightLayout layout) {
    const int64_t outputs = layer.outputs, inputs = layer.inputs, kernel = layer.conv.kernel;
    const bool keras = layout == WeightLayout::keras;
    if (!layer.convolves) return keras ? Extents{inputs, outputs} : Extents{outputs, inputs};
    const int64_t channels = layer.input.channels;
    return keras ? Extents{kernel, kernel, channels, outputs}
                 : Extents{outputs, channels, kernel, kernel};
}

/// The map whose values a dense layer reads, before it was flattened.
Shape map_read(const NetworkSpec& network, const LayerSpec& layer) {
    if (layer.from == NETWORK_INPUT) return network.input.shape;
    const LayerSpec& before = network.layers[static_cast<size_t>(layer.from)];
    Shape map = before.map;
    const auto pool = [&](int window) {
        map.rows = window == 0 ? 1 : map.rows / window;
        map.columns = window == 0 ? 1 : map.columns / window;
    };
    for (const OpSpec& op : before.then) {
        if (std::holds_alternative<FlattenSpec>(op)) break;
        if (const auto* max = std::get_if<MaxPoolSpec>(&op)) pool(max->window);
        if (const auto* average = std::get_if<AveragePoolSpec>(&op)) pool(average->window);
    }
    return map;
}

/// Columns in the order channel, row, column -> row, column, channel.
void reorder_columns(std::vector<float>& weights, const Shape& map) {
    const auto channels = static_cast<size_t>(map.channels),
               length = static_cast<size_t>(map.size());
    const size_t places = length / channels;
    std::vector<float> row(length);
    for (size_t at = 0; at < weights.size(); at += length) {
        for (size_t i = 0; i < length; ++i)
            row[i] = weights[at + i % channels * places + i / channels];
        std::copy(row.begin(), row.end(), weights.begin() + static_cast<std::ptrdiff_t>(at));
    }
}

class Importer {
  public:
    Importer(const NetworkSpec& network, const ForeignWeights& weights, std::string where,
             const ImportOptions& options)
        : network_(network),
          options_(options),
          where_(std::move(where)),
          layout_(options.layout.value_or(usual_layout(weights.format))),
          modules_(group_modules(weights, options.order)) {}

    ImportedWeights run() {
        require_single_rails();
        require_counts();
        ImportedWeights result;
        for (size_t l = 0; l < network_.layers.size(); ++l) {
            const WeightModule& module = module_of(l);
            result.arrays.push_back(module.weights->name);
            result.layers.push_back(layer(l, module));
        }
        take_input_mean(result);
        result.left_out.insert(result.left_out.end(), modules_.left_out.begin(),
                               modules_.left_out.end());
        return result;
    }

  private:
    Error fault(size_t l, const std::string& problem, const std::string& hint = {}) const {
        return {where_, network_.layer_title(l) + ": " + problem, hint};
    }

    size_t count_norms() const {
        size_t count = 0;
        for (const LayerSpec& layer : network_.layers)
            count += static_cast<size_t>(std::ranges::count_if(layer.then, is_norm));
        return count;
    }
    static bool is_norm(const OpSpec& op) { return std::holds_alternative<BatchNormSpec>(op); }

    /// What the file holds and what the network wants.
    std::string both_sides() const {
        std::vector<std::string> held, wanted;
        for (const WeightModule& module : modules_.weights)
            held.push_back(module.weights->name + " " + text_of(module.weights->shape));
        for (size_t l = 0; l < network_.layers.size(); ++l)
            wanted.push_back(network_.layer_name(l) + " " +
                             text_of(shape_of(network_.layers[l], layout_)));
        return fmt::format("the file holds {}; the network wants {}", list_of(held),
                           list_of(wanted));
    }

    void require_single_rails() const {
        for (size_t l = 0; l < network_.layers.size(); ++l)
            if (const Rail rail = network_.layers[l].rail; rail != Rail::single)
                throw fault(l,
                            fmt::format("has {} rails, and weights of other programs are for "
                                        "inputs without complements",
                                        to_string(rail)),
                            "import into a network with rail: single");
    }

    void require_counts() const {
        const size_t layers = network_.layers.size(), norms = count_norms();
        if (modules_.weights.size() != layers)
            throw Error(where_,
                        fmt::format("holds the weights of {} layers, network {} has {}",
                                    modules_.weights.size(), network_.name, layers),
                        modules_.weights.empty() ? "arrays with 2 or 4 axes are weights"
                                                 : both_sides() + "; --order takes some of them");
        if (modules_.norms.size() != norms) {
            std::vector<std::string> held;
            for (const NormModule& module : modules_.norms)
                held.push_back(module.name);
            throw Error(where_,
                        fmt::format("holds {} batch norms, network {} has {}",
                                    modules_.norms.size(), network_.name, norms),
                        held.empty() ? "" : "the file holds " + list_of(held));
        }
    }

    /// The first of `modules` that fits and is not taken; with an order, the next one.
    template <class Module, class Fits>
    const Module* take(const std::vector<Module>& modules, std::vector<bool>& taken,
                       const Fits& fits) const {
        taken.resize(modules.size());
        for (size_t i = 0; i < modules.size(); ++i) {
            if (taken[i]) continue;
            if (fits(modules[i])) {
                taken[i] = true;
                return &modules[i];
            }
            if (!options_.order.empty()) break;
        }
        return nullptr;
    }

    /// The module that stands where one that fits was looked for.
    template <class Module>
    static const Module& next(const std::vector<Module>& modules, const std::vector<bool>& taken) {
        return modules[static_cast<size_t>(std::ranges::find(taken, false) - taken.begin())];
    }

    const WeightModule& module_of(size_t l) {
        const Extents wanted = shape_of(network_.layers[l], layout_);
        if (const WeightModule* module = take(
                modules_.weights, weights_taken_,
                [&](const WeightModule& candidate) { return candidate.weights->shape == wanted; }))
            return *module;
        const ForeignArray& other = *next(modules_.weights, weights_taken_).weights;
        const WeightLayout turned =
            layout_ == WeightLayout::keras ? WeightLayout::pytorch : WeightLayout::keras;
        throw fault(l,
                    fmt::format("takes weights of shape {}, array '{}' has {}", text_of(wanted),
                                other.name, text_of(other.shape)),
                    other.shape == shape_of(network_.layers[l], turned)
                        ? fmt::format("its axes are in the order of --layout {}",
                                      turned == WeightLayout::keras ? "keras" : "pytorch")
                        : both_sides());
    }

    LayerState layer(size_t l, const WeightModule& module) {
        const LayerSpec& spec = network_.layers[l];
        WeightVectors vectors = *weight_vectors(*module.weights, layout_);
        if (!spec.convolves && layout_ == WeightLayout::pytorch)
            reorder_columns(vectors.values, map_read(network_, spec));
        LayerState state;
        if (module.alpha != nullptr) state.alpha = module.alpha->values.front();
        if (module.offset != nullptr) state.offset = module.offset->values.front();
        state.bias = bias(l, module);
        recover_devices(state, spec, {where_, network_.layer_title(l), l},
                        std::move(vectors.values),
                        options_.devices.empty() ? std::vector<int32_t>{} : options_.devices[l]);
        for (const OpSpec& op : spec.then)
            if (is_norm(op)) state.batch_norms.push_back(batch_norm(l));
        return state;
    }

    std::vector<float> bias(size_t l, const WeightModule& module) const {
        const LayerSpec& spec = network_.layers[l];
        if (!spec.has_bias) {
            if (module.bias != nullptr &&
                std::ranges::any_of(module.bias->values, [](float value) { return value != 0.0F; }))
                throw fault(
                    l,
                    fmt::format("has no bias, array '{}' holds one that is not zero",
                                module.bias->name),
                    fmt::format("--set 'layers.{}.bias={{initial: zeros}}' gives it one", l));
            return {};
        }
        if (module.bias == nullptr)
            throw fault(l,
                        fmt::format("has a bias, and the file holds none beside '{}'",
                                    module.weights->name),
                        "import into a network whose layer has none");
        return vector(l, *module.bias, spec.outputs);
    }

    std::vector<float> vector(size_t l, const ForeignArray& array, int length) const {
        if (array.shape != Extents{length})
            throw fault(l, fmt::format("takes {} numbers of '{}', which has the shape {}", length,
                                       array.name, text_of(array.shape)));
        return array.values;
    }

    LayerState::BatchNorm batch_norm(size_t l) {
        const int channels = network_.layers[l].outputs;
        const NormModule* module =
            take(modules_.norms, norms_taken_, [&](const NormModule& candidate) {
                return candidate.mean->shape == Extents{channels};
            });
        if (module == nullptr) {
            const ForeignArray& other = *next(modules_.norms, norms_taken_).mean;
            throw fault(l, fmt::format("takes a batch norm of {} channels, array '{}' has {}",
                                       channels, other.name, text_of(other.shape)));
        }
        // Both programs can do without: gamma is 1 then, beta 0.
        const auto trained = [&](const ForeignArray* array, float otherwise) {
            return array != nullptr ? vector(l, *array, channels)
                                    : std::vector<float>(static_cast<size_t>(channels), otherwise);
        };
        LayerState::BatchNorm norm{trained(module->gamma, 1.0F), trained(module->beta, 0.0F),
                                   vector(l, *module->mean, channels),
                                   vector(l, *module->variance, channels)};
        if (std::ranges::any_of(norm.variance, [](float variance) { return variance < 0.0F; }))
            throw fault(l,
                        fmt::format("array '{}' has a negative variance", module->variance->name));
        make_up_for_epsilon(norm);
        return norm;
    }

    void make_up_for_epsilon(LayerState::BatchNorm& norm) const {
        const double ours = BATCH_NORM_EPSILON;
        const double theirs =
            options_.epsilon.value_or(layout_ == WeightLayout::pytorch ? PYTORCH_EPSILON : ours);
        if (static_cast<float>(theirs) == BATCH_NORM_EPSILON) return;
        for (size_t c = 0; c < norm.gamma.size(); ++c)
            norm.gamma[c] *= static_cast<float>(
                std::sqrt((norm.variance[c] + ours) / (norm.variance[c] + theirs)));
    }

    void take_input_mean(ImportedWeights& result) const {
        const ForeignArray* mean = modules_.input_mean;
        if (mean == nullptr) return;
        if (!network_.input.per_pixel_mean) {
            result.left_out.push_back(mean->name);
            return;
        }
        if (mean->shape != Extents{network_.input.size})
            throw Error(where_, fmt::format("the network takes {} means of its inputs, array '{}' "
                                            "has the shape {}",
                                            network_.input.size, mean->name, text_of(mean->shape)));
        result.input_mean = mean->values;
    }

    const NetworkSpec& network_;
    const ImportOptions& options_;
    std::string where_;
    WeightLayout layout_;
    ForeignModules modules_;
    std::vector<bool> weights_taken_, norms_taken_;
};

}  // namespace

ImportedWeights import_weights(const NetworkSpec& network, const ForeignWeights& weights,
                               const std::string& where, const ImportOptions& options) {
    PERMLOOM_ASSERT(options.devices.empty() || options.devices.size() == network.layers.size());
    return Importer(network, weights, where, options).run();
}

}  // namespace permloom
