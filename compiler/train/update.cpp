#include "compiler/train/update.h"

namespace permloom {

UpdateStep update_step(const TrainingSpec& training, double rate, int64_t t) {
    if (training.optimizer == Optimizer::sgd) return SgdStep(training.momentum, rate);
    return AdamStep({training.beta1, training.beta2, training.epsilon, training.weight_decay}, rate,
                    t);
}

void apply(const UpdateStep& step, const float* gradient, float* first, float* second,
           float* weights, int count) {
    if (const auto* adam = std::get_if<AdamStep>(&step))
        adam->apply(gradient, first, second, weights, count);
    else
        std::get<SgdStep>(step).apply(gradient, first, weights, count);
}

}  // namespace permloom
