/// Weight profiles as the paper draws them (figures 1 and 2): one series of dots a weight vector,
/// the vectors stacked in depth, as they are and sorted, from several sides.
#pragma once

#include <span>
#include <string>

#include "compiler/checkpoint/foreign.h"

namespace permloom::cli {

/// Where one looks from, in degrees: turned around the value axis (0: straight at the vectors) and
/// raised above the floor (90: from the top).
struct View {
    double azimuth = 0.0, elevation = 0.0;
};

struct LayerPicture {
    const WeightVectors* weights = nullptr;
    std::string heading;
};

/// So many dots at most in one picture, which keeps the file below about a megabyte.
inline constexpr int MAX_DOTS = 96'000;
/// So many vectors of a layer at most; more are no longer told apart.
inline constexpr int MAX_VECTORS = 48;

/// An SVG document on white: per layer and view two panels, unsorted and sorted, on the same scale.
/// Of too many vectors or weights evenly spaced ones are drawn, the first and last among them, and
/// the picture says how many. `layers` and `views` hold at least one each.
std::string draw_profiles(std::span<const LayerPicture> layers, std::span<const View> views);

}  // namespace permloom::cli
