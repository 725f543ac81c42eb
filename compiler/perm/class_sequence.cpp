#include "compiler/perm/class_sequence.h"

#include <string>

#include "compiler/base/error.h"

namespace permloom {

std::vector<int32_t> class_sequence(const Permutation& source, const DeviceClasses& classes) {
    PERMLOOM_ASSERT(source.size() == classes.slots());
    std::vector<int32_t> sequence(classes.of_slot.size());
    for (int r = 0; r < source.size(); ++r)
        sequence[static_cast<size_t>(source[r])] = classes.of_slot[static_cast<size_t>(r)];
    return sequence;
}

Permutation wiring_of(const std::vector<int32_t>& class_of_line, const DeviceClasses& classes,
                      const char* code) {
    const std::vector<int32_t> sizes = classes.sizes();
    std::vector<int32_t> next(sizes.size(), 0), end(sizes.size(), 0);
    for (size_t c = 0, begin = 0; c < sizes.size(); ++c) {
        next[c] = static_cast<int32_t>(begin);
        begin += static_cast<size_t>(sizes[c]);
        end[c] = static_cast<int32_t>(begin);
    }
    std::vector<int32_t> source(class_of_line.size());
    for (size_t line = 0; line < class_of_line.size(); ++line) {
        const auto c = static_cast<size_t>(class_of_line[line]);
        if (next[c] == end[c])
            throw Error(code, "more than " + std::to_string(sizes[c]) + " lines on class " +
                                  std::to_string(c));
        source[static_cast<size_t>(next[c]++)] = static_cast<int32_t>(line);
    }
    return Permutation(std::move(source));
}

}  // namespace permloom
