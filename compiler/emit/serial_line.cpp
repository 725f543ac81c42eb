#include "compiler/emit/serial_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/base/error.h"
#include "compiler/program/engine_plan.h"

namespace permloom {

void require_decoders_keep_up(const Chip& chip, int divisor, const std::string& target) {
    // Of a code that comes a word at a time the fields of the last word are left, one in two cycles
    // at most; then the entries are written.
    constexpr int64_t LAST_WORD = 80, BITS_OF_A_WORD = 40;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const ChipLayer& layer = chip.layers[l];
        if (layer.decoder == Decoder::none) continue;
        const std::vector<int32_t> counts = group_entries(layer);
        const int64_t cycles = LAST_WORD + *std::ranges::max_element(counts);
        if (cycles <= BITS_OF_A_WORD * divisor) continue;
        throw Error(
            "target " + target,
            fmt::format("the decoder of layer {} may take {} cycles behind a code, in which "
                        "the serial line brings the next word: {}",
                        l, cycles, BITS_OF_A_WORD * divisor),
            "compile with decoder none");
    }
}

}  // namespace permloom
