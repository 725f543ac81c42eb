#include <fmt/format.h>

#include "compiler/base/error.h"
#include "tools/permloom/plot/band.h"
#include "tools/permloom/plot/chart.h"
#include "tools/permloom/plot/plot.h"

namespace permloom::cli {

std::string plot_ranking(const std::vector<std::string>& arguments, int layer) {
    const std::vector<PlottedRun> runs = read_runs(arguments);
    const auto index = static_cast<size_t>(layer);
    const auto records = [&](const MetricsLine& line) { return index < line.layers.size(); };
    Panel mean{"mean ranking distance", "epoch", "mean / fan-in", false, {}};
    mean.series = series_over_epochs(runs, records, [&](const MetricsLine& line) {
        return line.layers[index].ranking_distance_mean;
    });
    Panel deviation{"deviation of the ranking distance", "epoch", "deviation / fan-in", false, {}};
    deviation.series = series_over_epochs(runs, records, [&](const MetricsLine& line) {
        return line.layers[index].ranking_distance_sd;
    });
    Panel loss{"loss on the evaluated images", "epoch", "mean cross-entropy", false, {}};
    loss.series = series_of_evaluations(runs, [](const MetricsLine& line) { return line.loss; });
    for (const Series& series : mean.series)
        if (series.y.empty())
            throw Error(series.label,
                        fmt::format("its metrics.jsonl holds no ranking distance of "
                                    "layer {}",
                                    layer),
                        "train it with this version of permloom, or choose another --layer");
    return draw({fmt::format("{}, layer {}", common_title(runs), layer),
                 note_on(runs),
                 {mean, deviation, loss}});
}

}  // namespace permloom::cli
