/// Values that follow the training time: learning rate and sync period.
#pragma once

#include "compiler/spec/network.h"

namespace permloom {

/// Value at fractional epoch `e` of `epochs`; `rate_fall`: learning rate at 0 over that at e.
double value_at(const Schedule& schedule, double e, int epochs, double rate_fall = 1.0);

/// The learning rate at fractional epoch `e`.
double rate_at(const TrainingSpec& training, double e);

/// The sync period k at fractional epoch `e`, in steps, at least 1.
int period_at(const TrainingSpec& training, double e);

}  // namespace permloom
