/// The verbs of `permloom study`. Each has its own file: parse, call the library, print, return.
#pragma once

#include "tools/permloom/command.h"

namespace permloom::cli {

/// A study of physical networks: the name of one, or a description, in place of a verb.
int study_physical_command(const Arguments& arguments);
int study_adversarial_command(const Arguments& arguments);

}  // namespace permloom::cli
