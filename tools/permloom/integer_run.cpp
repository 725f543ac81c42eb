#include "tools/permloom/integer_run.h"

#include <algorithm>

#include "sim/reference/reference.h"

namespace permloom::cli {

std::vector<std::vector<uint16_t>> codes_of(const Images& images, int count,
                                            const InputSpec& input) {
    std::vector<std::vector<uint16_t>> codes;
    codes.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i)
        codes.push_back(quantise_pixels(input, images.image(i)));
    return codes;
}

int64_t count_correct(const Images& images, const std::vector<int>& labels) {
    int64_t correct = 0;
    for (size_t i = 0; i < labels.size(); ++i)
        correct += labels[i] == images.labels[i];
    return correct;
}

std::vector<int> reference_labels(const Program& program,
                                  const std::vector<std::vector<uint16_t>>& codes,
                                  ThreadPool& pool) {
    std::vector<int> labels(codes.size());
    const size_t pieces = std::min(codes.size(), static_cast<size_t>(pool.size()));
    pool.for_each(static_cast<int>(pieces), [&](int piece) {
        const auto model = make_reference(program.chip, program.configuration);
        for (size_t i = static_cast<size_t>(piece); i < codes.size(); i += pieces)
            labels[i] = model->infer(codes[i]).label;
    });
    return labels;
}

}  // namespace permloom::cli
