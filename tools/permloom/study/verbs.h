/// The verbs of `permloom study`. Each has its own file: parse, call the library, print, return.
#pragma once

#include "tools/permloom/command.h"

namespace permloom::cli {

int study_adversarial_command(const Arguments& arguments);

}  // namespace permloom::cli
