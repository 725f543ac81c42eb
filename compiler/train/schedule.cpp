#include "compiler/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "compiler/base/error.h"

namespace permloom {

double value_at(const Schedule& schedule, double e, int epochs) {
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
    }
    PERMLOOM_ASSERT(!"known schedule");
    return 0.0;
}

int period_at(const Schedule& schedule, double e, int epochs) {
    return static_cast<int>(std::lround(std::clamp(value_at(schedule, e, epochs), 1.0, 1e9)));
}

}  // namespace permloom
