/// The bit-exact reference: integer inference straight from `source`, no cycles, no switch bits.
#pragma once

#include <memory>

#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"
#include "sim/model.h"

namespace permloom {

std::unique_ptr<Model> make_reference(const Chip& chip, const Configuration& configuration);

}  // namespace permloom
