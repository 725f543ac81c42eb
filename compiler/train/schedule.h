/// Values that follow the training time: learning rate and sync period.
#pragma once

#include "compiler/spec/network.h"

namespace permloom {

/// Value at fractional epoch `e` of `epochs`.
double value_at(const Schedule& schedule, double e, int epochs);

/// The sync period k at fractional epoch `e`, in steps, at least 1.
int period_at(const Schedule& schedule, double e, int epochs);

}  // namespace permloom
