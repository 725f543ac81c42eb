/// AS-Waksman network of any width n >= 1 (Beauquier and Darrot, "On arbitrary size Waksman
/// networks and their vulnerability", 2002), laid out in place.
///
/// Stage d works at level l = d for d < L and l = 2L-2-d after that, L = ceil(log2 n); there are
/// 2L-1 stages (none for n = 1). At level l the lines that agree modulo 2^l form one block. A stage
/// joins line q with q + 2^l for every q whose bit l is 0 and q + 2^l < n. In the second half
/// (d >= L) the first switch of every block of even size is left out: it would be straight.
///
///     n = 4   stage 0: (0,1) (2,3)   stage 1: (0,2) (1,3)   stage 2: (2,3)      5 switches
///     n = 5   0: (0,1)(2,3)  1: (0,2)(1,3)  2: (0,4)  3: (0,2)  4: (0,1)(2,3)   8 switches
///
/// Switches of a stage are numbered by ascending low line. The number of switches is
/// sum_{i=1..n} ceil(log2 i): 1, 3, 5, 8, 11, 14, 17 for n = 2..8 and 6817 for n = 784.
#pragma once

#include "compiler/perm/circuit.h"

namespace permloom {

Topology as_waksman_topology(int lines);

}  // namespace permloom
