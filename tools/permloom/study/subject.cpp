#include "tools/permloom/study/subject.h"

#include "compiler/base/error.h"
#include "compiler/passes/pipeline.h"
#include "compiler/spec/library.h"
#include "compiler/train/trainer.h"
#include "tools/permloom/integer_run.h"

namespace permloom::cli {

Subject::Subject(Checkpoint checkpoint, const std::optional<Chip>& chip)
    : checkpoint_(std::move(checkpoint)) {
    CompileOptions options;
    options.name = checkpoint_.network.name;
    options.onto = chip;
    if (!chip) options.target = load_target("generic");
    try {
        CompileResult result = compile(checkpoint_, options);
        program_ = Program{{}, {}, std::move(result.configuration), std::move(result.chip)};
    } catch (const Error& error) {
        if (chip) throw;
        obstacle_ = error.where() + ": " + error.problem();
    }
}

Accuracy Subject::accuracy(const Images& images, ThreadPool& pool) const {
    Accuracy accuracy;
    accuracy.real = evaluate_float(checkpoint_, images, pool).accuracy;
    if (!program_) return accuracy;
    const auto codes = codes_of(images, images.count, program_->configuration.input);
    accuracy.integer =
        static_cast<double>(count_correct(images, reference_labels(*program_, codes, pool))) /
        images.count;
    return accuracy;
}

}  // namespace permloom::cli
