/// Line charts: panels one above the other, one legend for all of them.
#pragma once

#include <string>
#include <vector>

#include "tools/permloom/plot/svg.h"

namespace permloom::cli {

/// A line with, where `low` and `high` are given, a band around it. Series of one label have one
/// colour in all panels and one entry in the legend.
struct Series {
    std::string label;
    std::vector<double> x, y;
    std::vector<double> low, high;  ///< as long as y, or empty
    std::vector<bool> hollow;  ///< of these points the marker is a ring; as long as y, or empty
    bool dashed = false, markers = false;
    /// No x: one value, drawn as a line from side to side.
    bool across = false;
};

struct Panel {
    std::string title;
    std::string x_label, y_label;
    bool log_x = false;
    std::vector<Series> series;
};

struct Chart {
    std::string title;
    std::string note;  ///< small, under the title: how to read the chart
    std::vector<Panel> panels;
};

/// Panels without any point are left out. Throws Error where none is left.
std::string draw(const Chart& chart);

}  // namespace permloom::cli
