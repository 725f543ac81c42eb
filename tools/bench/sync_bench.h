/// The sync of a weight vector (rank, then scatter the profile) beside one whose ranking is
/// std::stable_sort of the indices, in the same process.
///
/// As in perm_bench, both sides walk through all distinct inputs again and again, and every result
/// is checked before the clock starts.
#pragma once

namespace permloom::bench {

/// Takes the flags of Google Benchmark; the filter chooses among `sync/WEIGHTS/n`, and the baseline
/// of the chosen always runs. Prints one table of medians on standard output. Returns the exit
/// status.
int run_sync_bench(int argc, char** argv);

}  // namespace permloom::bench
