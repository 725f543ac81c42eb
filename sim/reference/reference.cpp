#include "sim/reference/reference.h"

#include <string>
#include <utility>

#include "compiler/base/error.h"
#include "compiler/program/expand.h"
#include "sim/untimed/feature_map.h"
#include "sim/untimed/post_op.h"

namespace permloom {
namespace {

/// The neurons of a layer as a matrix over one vector of inputs: acc = constants + sum_i weights[i]
/// * x[i]. A complement line contributes device * (hi - x), hence device * hi to the constant and
/// -device to the weight. Modulo 2^32, which is exact: a complete sum has at most 31 bits.
struct NeuronMatrix {
    size_t inputs = 0, outputs = 0;
    std::vector<uint32_t> weights;    ///< inputs x outputs: an input of zero skips a whole row
    std::vector<uint32_t> constants;  ///< outputs

    void accumulate(std::span<const int32_t> x, std::vector<uint32_t>& acc) const {
        acc = constants;
        for (size_t i = 0; i < inputs; ++i) {
            if (x[i] == 0) continue;
            const uint32_t* row = weights.data() + i * outputs;
            const auto value = static_cast<uint32_t>(x[i]);
            for (size_t j = 0; j < outputs; ++j)
                acc[j] += row[j] * value;
        }
    }
};

NeuronMatrix neuron_matrix(const ChipLayer& layer, const std::vector<Permutation>& sources) {
    NeuronMatrix matrix;
    matrix.inputs = static_cast<size_t>(layer.inputs);
    matrix.outputs = sources.size();
    matrix.weights.assign(matrix.inputs * matrix.outputs, 0);
    for (size_t j = 0; j < sources.size(); ++j) {
        const auto bank = layer.bank(static_cast<int>(j));
        uint32_t constant = 0;
        for (int slot = 0; slot < sources[j].size(); ++slot) {
            const int line = sources[j][slot];
            const int32_t device = bank[static_cast<size_t>(slot)];
            // Dual: the upper half of the lines are complements. Split: negative entries are
            // devices of the complement rail, |device| * (hi - x).
            const bool complement = layer.rail == Rail::dual
                                        ? line >= layer.inputs
                                        : layer.rail == Rail::split && device < 0;
            const auto strength =
                static_cast<uint32_t>(layer.rail == Rail::split && device < 0 ? -device : device);
            const auto input = static_cast<size_t>(line % layer.inputs);
            matrix.weights[input * matrix.outputs + j] += complement ? -strength : strength;
            if (complement) constant += strength * static_cast<uint32_t>(layer.in_hi());
        }
        matrix.constants.push_back(constant);
    }
    return matrix;
}

class Reference final : public Model {
  public:
    Reference(const Chip& chip, const Configuration& configuration)
        : chip_(chip), configuration_(configuration) {
        const auto sources = decode_sources(chip, configuration);  // checks that they match
        for (size_t l = 0; l < chip.layers.size(); ++l)
            matrices_.push_back(neuron_matrix(chip.layers[l], sources[l]));
    }

    Inference infer(std::span<const uint16_t> codes) override {
        check_codes(codes);
        Inference result;
        const std::vector<int32_t> pixels(codes.begin(), codes.end());
        const auto values_of = [&](int layer) -> const std::vector<int32_t>& {
            return layer == NETWORK_INPUT ? pixels : result.activations[static_cast<size_t>(layer)];
        };
        const size_t last = matrices_.size() - 1;
        for (size_t l = 0; l < last; ++l) {
            const ChipLayer& layer = chip_.layers[l];
            const std::vector<int32_t>& x = values_of(chip_.source(l));
            result.activations.push_back(
                layer.walk ? walked(l, x, layer.adds() ? &values_of(*layer.walk->skip) : nullptr)
                           : neurons(l, x));
        }
        matrices_[last].accumulate(values_of(chip_.source(last)), acc_);
        for (size_t j = 0; j < acc_.size(); ++j)
            result.logits.push_back(int64_t{static_cast<int32_t>(acc_[j])} +
                                    configuration_.layers[last].neurons[j].b);
        for (int j = 1; j < configuration_.classes; ++j)
            if (result.logits[static_cast<size_t>(j)] >
                result.logits[static_cast<size_t>(result.label)])
                result.label = j;
        return result;
    }

  private:
    void check_codes(std::span<const uint16_t> codes) const {
        if (codes.size() != static_cast<size_t>(chip_.inputs()))
            throw Error("reference", std::to_string(codes.size()) +
                                         " input codes, the chip takes " +
                                         std::to_string(chip_.inputs()));
        const int top = chip_.layers.front().in_hi();
        for (size_t i = 0; i < codes.size(); ++i)
            if (codes[i] > top)
                throw Error("reference", "input " + std::to_string(i) + " is " +
                                             std::to_string(codes[i]) + ", the largest code is " +
                                             std::to_string(top));
    }

    /// Codes of a hidden layer for one vector of inputs.
    std::vector<int32_t> neurons(size_t l, std::span<const int32_t> x) {
        const LayerConfiguration& loaded = configuration_.layers[l];
        matrices_[l].accumulate(x, acc_);
        std::vector<int32_t> y(acc_.size());
        for (size_t j = 0; j < y.size(); ++j)
            y[j] = post_op(static_cast<int32_t>(acc_[j]), loaded.neurons[j], loaded.registers);
        return y;
    }

    /// What a layer makes of a feature map; `skip` are the values that it adds, or null.
    std::vector<int32_t> walked(size_t l, const std::vector<int32_t>& map,
                                const std::vector<int32_t>* skip) {
        const ChipLayer& layer = chip_.layers[l];
        const LayerConfiguration& loaded = configuration_.layers[l];
        std::vector<int32_t> codes;
        codes.reserve(static_cast<size_t>(layer.walk->positions()) * loaded.neurons.size());
        for (int row = 0; row < layer.walk->rows; ++row)
            for (int column = 0; column < layer.walk->columns; ++column) {
                window_at(*layer.walk, row, column, layer.in_zero, map, window_);
                matrices_[l].accumulate(window_, acc_);
                for (size_t j = 0; j < acc_.size(); ++j)
                    codes.push_back(post_op(static_cast<int32_t>(acc_[j]), loaded.neurons[j],
                                            loaded.registers,
                                            skip != nullptr ? (*skip)[codes.size()] : 0));
            }
        return layer.walk->pool == Pool::none ? codes : pooled(*layer.walk, layer.outputs, codes);
    }

    Chip chip_;
    Configuration configuration_;
    std::vector<NeuronMatrix> matrices_;
    std::vector<int32_t> window_;  ///< kept from position to position, as is
    std::vector<uint32_t> acc_;
};

}  // namespace

std::unique_ptr<Model> make_reference(const Chip& chip, const Configuration& configuration) {
    return std::make_unique<Reference>(chip, configuration);
}

}  // namespace permloom
