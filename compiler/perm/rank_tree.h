/// Counts of items in a row with fast prefix sums and search, both in log16(items) short steps.
///
/// A tree of fan-out 16: a node holds for each of its children how many are left before it. Taking
/// one item from child c lowers the numbers behind c; the child of a position is the last one whose
/// number is not above it. Loops over the 16 lanes are what compilers turn into a few vector
/// instructions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace permloom {

class RankTree {
  public:
    static constexpr int FAN_OUT = 16;

    /// Item i is there counts[i] times; at most 2^31 - 1 in all. Keeps its memory from one to the
    /// next reset.
    void reset(std::span<const int32_t> counts) {
        levels_ = 1;
        for (size_t reach = FAN_OUT; reach < counts.size(); reach *= FAN_OUT)
            ++levels_;
        size_t nodes = 0, width = counts.size();
        for (int level = 0; level < levels_; ++level) {
            width = (width + FAN_OUT - 1) / FAN_OUT;
            first_[static_cast<size_t>(level)] = nodes;
            nodes += width;
        }
        nodes_.resize(nodes < 1 ? 1 : nodes);
        sums_.assign(counts.begin(), counts.end());
        for (int level = 0; level < levels_; ++level)
            fill_level(&nodes_[first_[static_cast<size_t>(level)]]);
        total_ = sums_.empty() ? 0 : sums_[0];
    }

    int32_t total() const { return total_; }

    /// Items left before item i.
    [[gnu::always_inline]] int32_t before(size_t item) const {
        int32_t sum = 0;
        for (size_t level = 0; level < static_cast<size_t>(levels_); ++level, item /= FAN_OUT)
            sum += nodes_[first_[level] + item / FAN_OUT].before[item % FAN_OUT];
        return sum;
    }

    /// Takes one of item i; one must be left.
    [[gnu::always_inline]] void take(size_t item) {
        for (size_t level = 0; level < static_cast<size_t>(levels_); ++level, item /= FAN_OUT) {
            Node& node = nodes_[first_[level] + item / FAN_OUT];
            const auto lane = static_cast<int32_t>(item % FAN_OUT);
#pragma GCC unroll 4
            for (int32_t j = 0; j < FAN_OUT; ++j)
                node.before[j] -= lane < j ? 1 : 0;
        }
        --total_;
    }

    struct Found {
        size_t item;
        int32_t before;  ///< items left before it
    };
    /// The item that holds position `position` of 0..total-1.
    [[gnu::always_inline]] Found find(int32_t position) const {
        Found found{0, 0};
        for (auto level = static_cast<size_t>(levels_); level-- > 0;) {
            const Node& node = nodes_[first_[level] + found.item];
            int32_t children = 0;
#pragma GCC unroll 4
            for (int32_t j = 0; j < FAN_OUT; ++j)
                children += node.before[j] <= position ? 1 : 0;
            const int32_t before = node.before[children - 1];
            found.item = found.item * FAN_OUT + static_cast<size_t>(children - 1);
            found.before += before;
            position -= before;
        }
        return found;
    }

  private:
    struct alignas(64) Node {
        int32_t before[FAN_OUT];  ///< lanes without a child hold the node's total
    };

    /// Fills the nodes over sums_ and replaces sums_ by the totals of these nodes.
    void fill_level(Node* node) {
        size_t next = 0;
        for (size_t i = 0; i < sums_.size(); ++node) {
            int32_t sum = 0;
            for (int32_t& lane : node->before) {
                lane = sum;
                if (i < sums_.size()) sum += sums_[i++];
            }
            sums_[next++] = sum;
        }
        sums_.resize(next);
    }

    std::vector<Node> nodes_;  ///< level by level, the root last
    std::array<size_t, 9> first_{};
    int levels_ = 0;
    int32_t total_ = 0;
    std::vector<int32_t> sums_;
};

}  // namespace permloom
