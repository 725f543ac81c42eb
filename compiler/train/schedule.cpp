#include "compiler/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "compiler/base/error.h"

namespace permloom {

double value_at(const Schedule& schedule, double e, int epochs, double rate_fall) {
    switch (schedule.kind) {
        case ScheduleKind::constant:
            return schedule.initial;
        case ScheduleKind::exponential:
            return schedule.initial * std::pow(schedule.decay, std::floor(e));
        case ScheduleKind::cosine:
            return schedule.initial * 0.5 * (1.0 + std::cos(std::numbers::pi * e / epochs)) +
                   schedule.floor;
        case ScheduleKind::step:
            return schedule.initial *
                   std::pow(schedule.decay, std::floor(std::floor(e) / schedule.every));
        case ScheduleKind::piecewise: {
            const auto piece = std::upper_bound(schedule.at.begin(), schedule.at.end(), e);
            return piece == schedule.at.begin()
                       ? schedule.initial
                       : schedule.values[static_cast<size_t>(piece - schedule.at.begin()) - 1];
        }
        case ScheduleKind::linear:
            return schedule.initial + (schedule.last - schedule.initial) * e / epochs;
        case ScheduleKind::learning_rate:
            return schedule.initial * std::pow(rate_fall, schedule.exponent);
    }
    PERMLOOM_ASSERT(!"known schedule");
    return 0.0;
}

double rate_at(const TrainingSpec& training, double e) {
    return value_at(training.learning_rate, e, training.epochs);
}

int period_at(const TrainingSpec& training, double e) {
    const double fall = rate_at(training, 0.0) / std::max(rate_at(training, e), 1e-300);
    const double k = value_at(training.sync_every, e, training.epochs, fall);
    return static_cast<int>(std::lround(std::clamp(k, 1.0, 1e9)));
}

}  // namespace permloom
