#include "sim/physical/physical.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "compiler/base/error.h"
#include "compiler/program/expand.h"
#include "sim/untimed/feature_map.h"
#include "sim/untimed/post_op.h"

namespace permloom {
namespace {

/// What a register file of 32 bits can hold of a sum.
int64_t saturated(double sum) {
    return static_cast<int64_t>(std::clamp(sum, -2147483648.0, 2147483647.0));
}

void require_fixed_devices(const Chip& chip) {
    for (size_t l = 0; l < chip.layers.size(); ++l)
        if (chip.layers[l].engine == Engine::level || chip.layers[l].engine == Engine::programmable)
            throw Error(
                fmt::format("layer {}", l),
                fmt::format("engine {} has no bank of devices", to_string(chip.layers[l].engine)),
                "compile for folded, spatial or serial");
}

}  // namespace

PhysicalNetwork::PhysicalNetwork(const Chip& chip, const Configuration& configuration,
                                 const DeviceInstance& instance, const DeviceModel& model,
                                 const FabricateOptions& noise)
    : PhysicalNetwork(chip, configuration, instance, model, noise,
                      wire(chip, configuration, instance)) {}

PhysicalNetwork::PhysicalNetwork(const Chip& chip, const Configuration& configuration,
                                 const DeviceInstance& instance, const DeviceModel& model,
                                 const FabricateOptions& noise,
                                 const std::vector<LayerWiring>& wiring)
    : chip_(chip),
      configuration_(configuration),
      reading_(reading_of(model)),
      rng_(noise.seed),
      trial_(noise.trial) {
    require_fixed_devices(chip);
    const DeviceInstance used = in_use(chip, instance, model, noise);
    const SwitchPass pass = pass_of(model);
    for (size_t l = 0; l < chip.layers.size(); ++l)
        layers_.emplace_back(chip.layers[l], wiring[l], used.layers[l], pass, reading_);
}

void PhysicalNetwork::calibrate(std::span<const std::vector<uint16_t>> images) {
    // A layer is profiled on what the calibrated layers before it make.
    PhysicalNetwork ideal = *this;
    for (PhysicalLayer& layer : ideal.layers_)
        layer.read_exactly();
    for (size_t l = 0; l < layers_.size(); ++l) {
        std::vector<double> range;
        const Observer observer = [&](size_t layer, std::span<const int32_t>,
                                      std::span<const double> sums, std::span<const double>) {
            if (layer == l) range.insert(range.end(), sums.begin(), sums.end());
        };
        for (size_t i = 0; i < images.size(); ++i)
            ideal.infer(images[i], static_cast<uint32_t>(i), &observer);
        layers_[l].calibrate(range);
        ideal.layers_[l] = layers_[l];
    }
}

void PhysicalNetwork::sums_of(size_t layer, std::span<const int32_t> x, uint32_t image,
                              uint32_t position, const Observer* observer,
                              std::vector<double>& sums) const {
    layers_[layer].sums(x, sums);
    const NoiseKey key{&rng_, trial_, image, static_cast<uint32_t>(layer), position};
    if (observer == nullptr) {
        layers_[layer].read(x, key, sums);
        return;
    }
    const std::vector<double> before = sums;
    layers_[layer].read(x, key, sums);
    (*observer)(layer, x, before, sums);
}

std::vector<int32_t> PhysicalNetwork::codes_of(size_t l, const std::vector<int32_t>& input,
                                               const std::vector<int32_t>* skip, uint32_t image,
                                               const Observer* observer) const {
    const ChipLayer& layer = chip_.layers[l];
    const LayerConfiguration& loaded = configuration_.layers[l];
    std::vector<int32_t> codes, window;
    std::vector<double> sums;
    const auto add_codes = [&](std::span<const int32_t> x, uint32_t position) {
        sums_of(l, x, image, position, observer, sums);
        for (size_t j = 0; j < sums.size(); ++j)
            codes.push_back(post_op(saturated(sums[j]), loaded.neurons[j], loaded.registers,
                                    skip != nullptr ? (*skip)[codes.size()] : 0));
    };
    if (!layer.walk) {
        add_codes(input, 0);
        return codes;
    }
    uint32_t position = 0;
    for (int row = 0; row < layer.walk->rows; ++row)
        for (int column = 0; column < layer.walk->columns; ++column) {
            window_at(*layer.walk, row, column, layer.in_zero, input, window);
            add_codes(window, position++);
        }
    return layer.walk->pool == Pool::none ? codes : pooled(*layer.walk, layer.outputs, codes);
}

Inference PhysicalNetwork::infer(std::span<const uint16_t> codes, uint32_t image,
                                 const Observer* observer) const {
    PERMLOOM_ASSERT(codes.size() == static_cast<size_t>(chip_.inputs()));
    Inference result;
    const std::vector<int32_t> pixels(codes.begin(), codes.end());
    const auto values_of = [&](int layer) -> const std::vector<int32_t>& {
        return layer == NETWORK_INPUT ? pixels : result.activations[static_cast<size_t>(layer)];
    };
    const size_t last = layers_.size() - 1;
    for (size_t l = 0; l < last; ++l) {
        const ChipLayer& layer = chip_.layers[l];
        result.activations.push_back(
            codes_of(l, values_of(chip_.source(l)),
                     layer.adds() ? &values_of(*layer.walk->skip) : nullptr, image, observer));
    }
    std::vector<double> sums;
    sums_of(last, values_of(chip_.source(last)), image, 0, observer, sums);
    for (size_t j = 0; j < sums.size(); ++j)
        result.logits.push_back(saturated(sums[j]) + configuration_.layers[last].neurons[j].b);
    for (int j = 1; j < configuration_.classes; ++j)
        if (result.logits[static_cast<size_t>(j)] >
            result.logits[static_cast<size_t>(result.label)])
            result.label = j;
    return result;
}

namespace {

class PhysicalModel final : public Model {
  public:
    explicit PhysicalModel(std::shared_ptr<const PhysicalNetwork> network)
        : network_(std::move(network)) {}
    Inference infer(std::span<const uint16_t> codes) override {
        return network_->infer(codes, image_++);
    }

  private:
    std::shared_ptr<const PhysicalNetwork> network_;
    uint32_t image_ = 0;
};

}  // namespace

PhysicalNetwork ideal_network(const Chip& chip, const Configuration& configuration,
                              const DeviceInstance& instance) {
    // The sources alone: no switch, and no stuck one either.
    std::vector<LayerWiring> wiring;
    for (std::vector<Permutation>& sources : decode_sources(chip, configuration, &instance))
        wiring.push_back({std::move(sources), {}, {}, false});
    const DeviceModel ideal = ideal_model();
    return {chip, configuration, nominal_instance(chip, ideal), ideal, {}, wiring};
}

std::unique_ptr<Model> make_physical(std::shared_ptr<const PhysicalNetwork> network) {
    return std::make_unique<PhysicalModel>(std::move(network));
}

}  // namespace permloom
