#include "sim/physical/disturb.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <utility>

#include "compiler/base/counter_rng.h"
#include "compiler/base/elementary.h"
#include "sim/physical/effects.h"

namespace permloom {
namespace {

/// Cells of the table of normal quantiles. Inside one they are interpolated, to 1e-2 in the rare
/// outer ones and 1e-6 in the middle; the outermost have the quantile itself.
constexpr int CELL_BITS = 12;
constexpr uint32_t CELLS = 1U << CELL_BITS;
constexpr double RESOLUTION = 0x1.0p-32;

double uniform_of(uint32_t bits) {
    return (static_cast<double>(bits) + 0.5) * RESOLUTION;
}

class Normal {
  public:
    Normal() {
        for (uint32_t edge = 1; edge < CELLS; ++edge)
            table_[edge] = static_cast<float>(normal_quantile(static_cast<double>(edge) / CELLS));
    }

    float of(uint32_t bits) const {
        const uint32_t cell = bits >> (32 - CELL_BITS);
        if (cell == 0 || cell == CELLS - 1)
            return static_cast<float>(normal_quantile(uniform_of(bits)));
        const float inside = static_cast<float>(bits << CELL_BITS) * static_cast<float>(RESOLUTION);
        return table_[cell] + inside * (table_[cell + 1] - table_[cell]);
    }

  private:
    std::array<float, CELLS> table_{};
};

/// 2^x for |x| up to 120, to 1e-6, from additions and multiplications alone: portable_exp, which
/// is as good as a double, would take most of the time of training.
float power_of_two(float x) {
    x = std::clamp(x, -120.0F, 120.0F);
    const auto whole = static_cast<int32_t>(x + (x < 0.0F ? -0.5F : 0.5F));
    const float t = (x - static_cast<float>(whole)) * std::numbers::ln2_v<float>;
    const float part =
        1.0F +
        t * (1.0F + t * (1.0F / 2 + t * (1.0F / 6 + t * (1.0F / 24 + t * (1.0F / 120 + t / 720)))));
    return part * std::bit_cast<float>(static_cast<uint32_t>(whole + 127) << 23);
}

/// The draws of one purpose for one layer in one step.
struct Draws {
    std::array<uint32_t, 2> key;
    PhysicalDraw purpose;
    uint32_t layer, step;

    /// Calls body(i, bits) for the weights at places [first, first + count), i from 0: one block of
    /// random bits serves four of them.
    template <class Body>
    void for_each(size_t first, size_t count, const Body& body) const {
        std::array<uint32_t, 4> bits{};
        for (size_t i = 0; i < count; ++i) {
            const size_t place = first + i;
            if (i == 0 || place % 4 == 0)
                bits = philox(
                    {static_cast<uint32_t>(purpose), static_cast<uint32_t>(place / 4), layer, step},
                    key);
            body(i, bits[place % 4]);
        }
    }
};

}  // namespace

void disturb(const DeviceModel& model, double largest, uint64_t seed, uint64_t step, int layer,
             std::span<float> weights, size_t first) {
    static const Normal normal;
    const DeviceEffects& device = model.device;
    const auto draw = [&](PhysicalDraw purpose, const auto& body) {
        const Draws draws{{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)},
                          purpose,
                          static_cast<uint32_t>(layer),
                          static_cast<uint32_t>(step)};
        draws.for_each(first, weights.size(), body);
    };
    const auto spread = static_cast<float>(device.spread);
    if (spread > 0.0F && device.spread_kind == SpreadKind::lognormal)
        draw(PhysicalDraw::training_spread, [&](size_t i, uint32_t bits) {
            weights[i] *= power_of_two(spread * std::numbers::log2e_v<float> * normal.of(bits));
        });
    else if (spread > 0.0F)
        draw(PhysicalDraw::training_spread, [&](size_t i, uint32_t bits) {
            weights[i] *= std::max(1.0F + spread * normal.of(bits), 0.0F);
        });
    const auto additive = static_cast<float>(device.additive * largest);
    const auto read = static_cast<float>(device.read_noise);
    if (additive > 0.0F || read > 0.0F)
        draw(PhysicalDraw::training_noise, [&](size_t i, uint32_t bits) {
            const float reading = read * weights[i];
            weights[i] += std::sqrt(additive * additive + reading * reading) * normal.of(bits);
        });
    if (device.dead > 0.0)
        draw(PhysicalDraw::training_dead, [&](size_t i, uint32_t bits) {
            if (uniform_of(bits) < device.dead) weights[i] = 0.0F;
        });
}

std::string disturbance_text(const DeviceModel& model) {
    const DeviceEffects& device = model.device;
    const std::pair<std::string, double> effects[] = {
        {device.spread_kind == SpreadKind::lognormal ? "lognormal spread" : "gaussian spread",
         device.spread},
        {"additive", device.additive},
        {"read_noise", device.read_noise},
        {"dead", device.dead}};
    std::string text;
    for (const auto& [name, value] : effects)
        if (value > 0.0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
    return text;
}

}  // namespace permloom
