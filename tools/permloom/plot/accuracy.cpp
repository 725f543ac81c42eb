#include <algorithm>
#include <cmath>

#include "tools/permloom/plot/band.h"
#include "tools/permloom/plot/chart.h"
#include "tools/permloom/plot/plot.h"

namespace permloom::cli {

std::string plot_accuracy(const std::vector<std::string>& arguments) {
    const std::vector<PlottedRun> runs = read_runs(arguments);
    const auto every = [](const MetricsLine&) { return true; };
    Panel accuracy{"accuracy", "epoch", "accuracy in %", false, {}};
    accuracy.series =
        series_of_evaluations(runs, [](const MetricsLine& line) { return 100.0 * line.accuracy; });
    Panel loss{"loss in training", "epoch", "mean cross-entropy", false, {}};
    loss.series =
        series_over_epochs(runs, every, [](const MetricsLine& line) { return line.train_loss; });
    Panel test{"loss on the evaluated images", "epoch", "mean cross-entropy", false, {}};
    test.series = series_of_evaluations(runs, [](const MetricsLine& line) { return line.loss; });
    return draw({common_title(runs), note_on(runs), {accuracy, loss, test}});
}

}  // namespace permloom::cli
