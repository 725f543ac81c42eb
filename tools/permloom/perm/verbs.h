/// The verbs of `permloom perm`. Each has its own file: parse, call the library, print, return.
#pragma once

#include "tools/permloom/command.h"

namespace permloom::cli {

int perm_encode_command(const Arguments& arguments);
int perm_decode_command(const Arguments& arguments);
int perm_route_command(const Arguments& arguments);
int perm_evaluate_command(const Arguments& arguments);
int perm_cost_command(const Arguments& arguments);
int perm_random_command(const Arguments& arguments);
int perm_inverse_command(const Arguments& arguments);
int perm_compose_command(const Arguments& arguments);
int perm_check_command(const Arguments& arguments);

}  // namespace permloom::cli
