/// The files of this room, compiled into the program.
#pragma once

#include <vector>

#include "compiler/base/embedded_file.h"

namespace permloom {

/// networks/*.yaml and targets/*.yaml, with those paths.
const std::vector<EmbeddedFile>& model_files();

}  // namespace permloom
