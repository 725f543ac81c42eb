#include "compiler/train/imported.h"

#include "compiler/base/error.h"
#include "compiler/base/version.h"
#include "compiler/checkpoint/projected.h"
#include "compiler/nn/kernels.h"
#include "compiler/nn/profile_measures.h"
#include "compiler/train/calibrate.h"
#include "compiler/train/evaluate.h"
#include "compiler/train/trainer.h"

namespace permloom {
namespace {

void measure(Checkpoint& checkpoint, const Dataset& data, ThreadPool& pool) {
    const Inputs inputs(checkpoint.network.input, data.train, data.name, checkpoint.input_mean);
    calibrate_ranges(checkpoint.network, checkpoint.layers, checkpoint.classes, inputs,
                     all_images(data.train.count), pool);
    checkpoint.test = evaluate_float(checkpoint, data.test, pool);
}

}  // namespace

Checkpoint imported_checkpoint(const NetworkSpec& network, ImportedWeights weights,
                               const Dataset& data, ThreadPool& pool) {
    Checkpoint checkpoint;
    checkpoint.network = network;
    checkpoint.layers = std::move(weights.layers);
    checkpoint.classes = data.classes;
    checkpoint.dataset = data.name;
    checkpoint.dataset_checksum = data.checksum;
    checkpoint.version = VERSION;
    checkpoint.instruction_set = instruction_set();
    checkpoint.training.protocol = IMPORTED;
    require_images(checkpoint, data.train);
    checkpoint.input_mean = std::move(weights.input_mean);
    if (network.input.per_pixel_mean && checkpoint.input_mean.empty())
        checkpoint.input_mean = pixel_means(network.input, data.train);
    measure(checkpoint, data, pool);
    return checkpoint;
}

void share_profiles(Checkpoint& checkpoint, const Dataset& data, ThreadPool& pool) {
    for (size_t l = 0; l < checkpoint.layers.size(); ++l) {
        LayerSpec& spec = checkpoint.network.layers[l];
        LayerState& state = checkpoint.layers[l];
        PERMLOOM_ASSERT(state.profile_q.empty());
        const std::vector<float> weights = projected_lines(state, spec);
        state.profile =
            decompose({weights.data(), spec.outputs, spec.lines(), spec.lines()}).theta_bar;
        spec.devices.shared_profile = true;
    }
    measure(checkpoint, data, pool);
}

}  // namespace permloom
