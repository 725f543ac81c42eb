/// The kinds of `permloom plot`, a file each: from runs to the text of an SVG.
#pragma once

#include <string>
#include <vector>

namespace permloom::cli {

/// Accuracy and loss over the epochs. Runs that differ in their seed alone are one line, the mean,
/// in a band from the least to the most.
std::string plot_accuracy(const std::vector<std::string>& runs);

/// How far weights of `layer` move through their ranking, and the test loss (the paper's figure 3).
std::string plot_ranking(const std::vector<std::string>& runs, int layer);

struct SweepPlot {
    std::string x;      ///< column; empty: the one axis that is a number
    std::string y;      ///< column; empty: accuracy_final, else accuracy_best
    std::string lines;  ///< column that tells the lines apart; empty: the axes other than x
};
/// A measure over one axis of a sweep (figures 6 and 9). `sweep`: its directory or sweep.csv.
std::string plot_k_sweep(const std::string& sweep, const SweepPlot& what);

/// One weight vector as an image before and after training, arrows where weights went (figure 4).
/// `after`: a run or checkpoint; `before`: another, or empty for its arrangement before training.
/// At most `arrows` arrows.
std::string plot_moved(const std::string& after, const std::string& before, int layer, int neuron,
                       int arrows);

/// A network of one layer as a graph: pixels, outputs and the wires between them (figure 10).
std::string plot_graph(const std::string& run);

}  // namespace permloom::cli
