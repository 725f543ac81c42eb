/// Running a configuration on images: what evaluate and simulate share.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/base/parallel.h"
#include "compiler/data/dataset.h"
#include "tools/permloom/inputs.h"

namespace permloom::cli {

/// Pixel codes of the first `count` images.
std::vector<std::vector<uint16_t>> codes_of(const Images& images, int count,
                                            const InputSpec& input);

/// Images of the first labels.size() whose label was found.
int64_t count_correct(const Images& images, const std::vector<int>& labels);

/// Labels by the integer reference, in the order of the images.
std::vector<int> reference_labels(const Program& program,
                                  const std::vector<std::vector<uint16_t>>& codes,
                                  ThreadPool& pool);

}  // namespace permloom::cli
