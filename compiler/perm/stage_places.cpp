#include "compiler/perm/stage_places.h"

namespace permloom {

std::vector<int32_t> stage_places(const std::vector<Switch>& stage, int lines) {
    std::vector<int32_t> partner(static_cast<size_t>(lines), -1), place(partner.size());
    std::vector<bool> is_high(partner.size(), false);
    for (const Switch& one : stage) {
        partner[static_cast<size_t>(one.low)] = one.high;
        is_high[static_cast<size_t>(one.high)] = true;
    }
    int32_t next = 0;
    for (size_t line = 0; line < partner.size(); ++line) {
        if (is_high[line]) continue;
        place[line] = next++;
        if (partner[line] >= 0) place[static_cast<size_t>(partner[line])] = next++;
    }
    return place;
}

}  // namespace permloom
