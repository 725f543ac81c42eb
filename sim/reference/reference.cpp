#include "sim/reference/reference.h"

#include <string>
#include <utility>

#include "compiler/base/error.h"
#include "compiler/program/expand.h"
#include "sim/reference/post_op.h"

namespace permloom {
namespace {

/// One layer as a matrix over its inputs: acc = constants + sum_i weights[i] * x[i]. A complement
/// line contributes device * (hi - x), hence device * hi to the constant and -device to the weight.
struct DenseLayer {
    size_t inputs = 0, outputs = 0;
    std::vector<int32_t> weights;    ///< inputs x outputs: an input of zero skips a whole row
    std::vector<int64_t> constants;  ///< outputs
    std::vector<NeuronRegisters> neurons;
    LayerRegisters registers;

    std::vector<int64_t> accumulate(const std::vector<int32_t>& x) const {
        std::vector<int64_t> acc = constants;
        for (size_t i = 0; i < inputs; ++i) {
            if (x[i] == 0) continue;
            const int32_t* row = weights.data() + i * outputs;
            for (size_t j = 0; j < outputs; ++j)
                acc[j] += int64_t{row[j]} * x[i];
        }
        return acc;
    }
};

DenseLayer dense_layer(const ChipLayer& layer, const LayerConfiguration& configuration,
                       const std::vector<Permutation>& sources) {
    DenseLayer dense;
    dense.inputs = static_cast<size_t>(layer.inputs);
    dense.outputs = sources.size();
    dense.weights.assign(dense.inputs * dense.outputs, 0);
    dense.neurons = configuration.neurons;
    dense.registers = configuration.registers;
    for (size_t j = 0; j < sources.size(); ++j) {
        const auto bank = layer.bank(static_cast<int>(j));
        int64_t constant = 0;
        for (int slot = 0; slot < sources[j].size(); ++slot) {
            const int line = sources[j][slot];
            const int32_t device = bank[static_cast<size_t>(slot)];
            // Dual: the upper half of the lines are complements. Split: negative entries are
            // devices of the complement rail, |device| * (hi - x).
            const bool complement = layer.rail == Rail::dual
                                        ? line >= layer.inputs
                                        : layer.rail == Rail::split && device < 0;
            const int32_t strength = layer.rail == Rail::split && device < 0 ? -device : device;
            const auto input = static_cast<size_t>(line % layer.inputs);
            dense.weights[input * dense.outputs + j] += complement ? -strength : strength;
            if (complement) constant += int64_t{strength} * layer.in_hi();
        }
        dense.constants.push_back(constant);
    }
    return dense;
}

class Reference final : public Model {
  public:
    Reference(const Chip& chip, const Configuration& configuration)
        : input_hi_(chip.layers.front().in_hi()), classes_(configuration.classes) {
        const auto sources = decode_sources(chip, configuration);  // checks that they match
        for (size_t l = 0; l < chip.layers.size(); ++l)
            layers_.push_back(dense_layer(chip.layers[l], configuration.layers[l], sources[l]));
    }

    Inference infer(std::span<const uint16_t> codes) override {
        check_codes(codes);
        Inference result;
        std::vector<int32_t> x(codes.begin(), codes.end());
        for (size_t l = 0; l + 1 < layers_.size(); ++l) {
            x = hidden(layers_[l], x);
            result.activations.push_back(x);
        }
        const DenseLayer& last = layers_.back();
        result.logits = last.accumulate(x);
        for (size_t j = 0; j < last.outputs; ++j)
            result.logits[j] += last.neurons[j].b;
        for (int j = 1; j < classes_; ++j)
            if (result.logits[static_cast<size_t>(j)] >
                result.logits[static_cast<size_t>(result.label)])
                result.label = j;
        return result;
    }

  private:
    void check_codes(std::span<const uint16_t> codes) const {
        if (codes.size() != layers_.front().inputs)
            throw Error("reference", std::to_string(codes.size()) +
                                         " input codes, the chip takes " +
                                         std::to_string(layers_.front().inputs));
        for (size_t i = 0; i < codes.size(); ++i)
            if (codes[i] > input_hi_)
                throw Error("reference", "input " + std::to_string(i) + " is " +
                                             std::to_string(codes[i]) + ", the largest code is " +
                                             std::to_string(input_hi_));
    }

    static std::vector<int32_t> hidden(const DenseLayer& layer, const std::vector<int32_t>& x) {
        const std::vector<int64_t> acc = layer.accumulate(x);
        std::vector<int32_t> y(layer.outputs);
        for (size_t j = 0; j < layer.outputs; ++j)
            y[j] = post_op(acc[j], layer.neurons[j], layer.registers);
        return y;
    }

    int input_hi_;
    int classes_;
    std::vector<DenseLayer> layers_;
};

}  // namespace

std::unique_ptr<Model> make_reference(const Chip& chip, const Configuration& configuration) {
    return std::make_unique<Reference>(chip, configuration);
}

}  // namespace permloom
