/// Ctrl-C during what has to be ended in order.
#pragma once

#include <atomic>

namespace permloom::cli {

/// From now on the first SIGINT or SIGTERM only sets the flag returned here, so that training saves
/// and returns, a study tidies up; a second one kills as usual. To be called before the threads
/// that compute are made.
const std::atomic<bool>& stop_on_signals();

}  // namespace permloom::cli
