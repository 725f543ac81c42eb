/// Benes network of any width n >= 1, laid out in place: the network of 2^L lines, L = ceil(log2
/// n), whose lines n and above go straight through, without the switches that touch them.
///
/// Stage d works at level l = d for d < L and l = 2L-2-d after that; there are 2L-1 stages (none
/// for n = 1). At level l the lines that agree modulo 2^l form one block. A stage joins line q with
/// q + 2^l for every q whose bit l is 0 and q + 2^l < n; switches are numbered by ascending low
/// line.
#pragma once

#include "compiler/perm/circuit.h"

namespace permloom {

Topology benes_topology(int lines);

}  // namespace permloom
