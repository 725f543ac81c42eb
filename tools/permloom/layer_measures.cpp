#include "tools/permloom/layer_measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "compiler/nn/profile_measures.h"

namespace permloom::cli {

Measures measure(const WeightVectors& layer) {
    const ConstMatrix weights{layer.values.data(), layer.outputs, layer.length, layer.length};
    std::vector<float> sorted(layer.values.size());
    sort_rows(weights, sorted);
    const ConstMatrix profiles{sorted.data(), layer.outputs, layer.length, layer.length};
    Measures result;
    result.similarity = profile_similarity(profiles);
    result.wirings_log10 = reachable_wirings_log10(profiles);

    std::ranges::sort(sorted);
    const auto count = static_cast<double>(sorted.size());
    result.low = sorted.front(), result.high = sorted.back();
    result.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / count;
    double squares = 0.0;
    for (const float value : sorted)
        squares += (value - result.mean) * (value - result.mean);
    result.sd = std::sqrt(squares / count);
    result.zeros = static_cast<double>(std::ranges::count(sorted, 0.0F)) / count;
    result.distinct = std::unique(sorted.begin(), sorted.end()) - sorted.begin();
    return result;
}

std::string similarity_text(double similarity) {
    return std::isnan(similarity) ? "-" : fmt::format("{:.4f}", similarity);
}

}  // namespace permloom::cli
