#include "sim/untimed/feature_map.h"

#include <algorithm>

namespace permloom {

void window_at(const Walk& walk, int row, int column, int32_t zero, const std::vector<int32_t>& map,
               std::vector<int32_t>& window) {
    window.clear();
    const int channels = walk.map.channels;
    for (int ky = 0; ky < walk.kernel; ++ky) {
        const int y = row * walk.stride - walk.top + ky;
        for (int kx = 0; kx < walk.kernel; ++kx) {
            const int x = column * walk.stride - walk.left + kx;
            if (y < 0 || y >= walk.map.rows || x < 0 || x >= walk.map.columns) {
                window.insert(window.end(), static_cast<size_t>(channels), zero);
                continue;
            }
            const auto from = map.begin() + (y * walk.map.columns + x) * channels;
            window.insert(window.end(), from, from + channels);
        }
    }
}

std::vector<int32_t> pooled(const Walk& walk, int channels, const std::vector<int32_t>& codes) {
    std::vector<int32_t> result(
        static_cast<size_t>(walk.pooled_rows() * walk.pooled_columns() * channels), 0);
    for (int row = 0; row < walk.pooled_rows() * walk.window; ++row)
        for (int column = 0; column < walk.pooled_columns() * walk.window; ++column) {
            const int pool = row / walk.window * walk.pooled_columns() + column / walk.window;
            for (int channel = 0; channel < channels; ++channel) {
                const int32_t code =
                    codes[static_cast<size_t>((row * walk.columns + column) * channels + channel)];
                int32_t& value = result[static_cast<size_t>(pool * channels + channel)];
                // No code is below 0, so that 0 is where either begins.
                value = walk.pool == Pool::max ? std::max(value, code) : value + code;
            }
        }
    return result;
}

}  // namespace permloom
