#include "compiler/perm/wiring_rank.h"

#include <string>

#include "compiler/base/error.h"
#include "compiler/perm/class_sequence.h"

namespace permloom {
namespace {

__extension__ using Wide = unsigned __int128;

/// The wirings that agree with the classes drawn so far.
class Completions {
  public:
    explicit Completions(const DeviceClasses& classes)
        : left_(classes.sizes()), lines_(static_cast<uint64_t>(classes.slots())) {
        const std::optional<uint64_t> count = wiring_count(classes);
        if (!count)
            throw Error("rank", "the number of wirings of these " + std::to_string(lines_) +
                                    " slots does not fit 64 bits");
        count_ = *count;
    }

    uint64_t count() const { return count_; }
    /// How many of them go on with class c.
    uint64_t count_with(size_t c) const {
        return static_cast<uint64_t>(static_cast<Wide>(count_) * static_cast<uint64_t>(left_[c]) /
                                     lines_);
    }
    void draw(size_t c) {
        count_ = count_with(c);
        --left_[c];
        --lines_;
    }

  private:
    std::vector<int32_t> left_;
    uint64_t lines_;  ///< lines without a class yet
    uint64_t count_ = 0;
};

}  // namespace

std::optional<uint64_t> wiring_count(const DeviceClasses& classes) {
    // Product of the binomials C(m_0 + .. + m_l, m_l), each built by exact steps upwards.
    Wide count = 1;
    uint64_t lines = 0;
    for (const int32_t size : classes.sizes())
        for (int32_t j = 1; j <= size; ++j) {
            count = count * ++lines / static_cast<uint64_t>(j);
            if (count >> 64 != 0) return std::nullopt;
        }
    return static_cast<uint64_t>(count);
}

uint64_t wiring_rank(const Permutation& source, const DeviceClasses& classes) {
    if (source.size() != classes.slots())
        throw Error("rank", "the permutation has " + std::to_string(source.size()) +
                                " entries, the bank " + std::to_string(classes.slots()) + " slots");
    Completions completions(classes);
    uint64_t rank = 0;
    for (const int32_t one : class_sequence(source, classes)) {
        const auto c = static_cast<size_t>(one);
        for (size_t smaller = 0; smaller < c; ++smaller)
            rank += completions.count_with(smaller);
        completions.draw(c);
    }
    return rank;
}

Permutation wiring_of_rank(uint64_t rank, const DeviceClasses& classes) {
    Completions completions(classes);
    if (rank >= completions.count())
        throw Error("rank", std::to_string(rank) + " is outside 0.." +
                                std::to_string(completions.count() - 1) +
                                ", the ranks of the wirings of these devices");
    std::vector<int32_t> sequence;
    sequence.reserve(classes.of_slot.size());
    while (sequence.size() < classes.of_slot.size()) {
        size_t c = 0;
        while (rank >= completions.count_with(c))
            rank -= completions.count_with(c++);
        completions.draw(c);
        sequence.push_back(static_cast<int32_t>(c));
    }
    return wiring_of(sequence, classes, "rank");
}

}  // namespace permloom
