#include "compiler/perm/exchange_router.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>
#include <variant>
#include <vector>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/exchange_kernels.h"
#include "compiler/perm/exchange_memory.h"

namespace permloom {
namespace {

static_assert(std::endian::native == std::endian::little, "rows are bytes and words at once");

using exchange::LEAF_GROUP, exchange::LEAF_LEVELS, exchange::LEAF_LINES;

/// `lines` is even.
exchange::Blocks make_blocks(int level, size_t items, size_t lines) {
    if (lines <= exchange::SmallBlocks::LINES) return exchange::SmallBlocks(items << level);
    if (lines <= 1 << 16) return exchange::LargeBlocks<uint16_t>(level, items, lines);
    return exchange::LargeBlocks<uint32_t>(level, items, lines);
}

/// Transposes 8x8 bits: bit j of byte i to bit i of byte j (Warren, "Hacker's Delight", 7-3).
uint64_t transpose8(uint64_t x) {
    uint64_t t = (x ^ (x >> 7)) & 0x00aa00aa00aa00aaU;
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & 0x0000cccc0000ccccU;
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & 0x00000000f0f0f0f0U;
    return x ^ t ^ (t << 28);
}

int reverse_bits(int value, int count) {
    int reversed = 0;
    for (int i = 0; i < count; ++i)
        reversed |= ((value >> i) & 1) << (count - 1 - i);
    return reversed;
}

/// A full row of a stage, one bit for every switch of the Benes network of the next power of two.
class Row {
  public:
    explicit Row(size_t bits) : bytes_(bits / 8 + 16) {}

    void clear() { std::ranges::fill(bytes_, uint8_t{0}); }
    uint8_t* bytes() { return bytes_.data(); }
    void set_byte(size_t at, uint64_t bits) { bytes_[at] = static_cast<uint8_t>(bits); }
    /// The bytes of `eight` at `at`, `at` + `distance` and so on.
    void set_bytes(size_t at, size_t distance, uint64_t eight) {
        uint8_t* to = bytes_.data() + at;
        for (int i = 0; i < 8; ++i, to += distance, eight >>= 8)
            *to = static_cast<uint8_t>(eight);
    }
    /// `bits`, which do not reach over the end of their byte and were 0, at `first`.
    void put(size_t first, uint64_t bits) {
        bytes_[first / 8] = static_cast<uint8_t>(bytes_[first / 8] | bits << (first % 8));
    }
    /// The `count` bits from bit `first` on to bit `to` of `target`, whose bits from there on are
    /// 0.
    void copy(size_t first, size_t count, std::span<uint32_t> target, size_t to) const {
        if (count == 0) return;
        if (to == 0 && first % 8 == 0) {
            std::memcpy(target.data(), bytes_.data() + first / 8, (count + 31) / 32 * 4);
            if (count % 32 != 0) target[count / 32] &= (uint32_t{1} << count % 32) - 1;
            return;
        }
        for (size_t done = 0; done < count;) {
            const size_t from = first + done, at = to + done;
            const size_t now = std::min(32 - at % 32, count - done);
            uint64_t eight;
            std::memcpy(&eight, bytes_.data() + from / 8, 8);
            const auto bits =
                static_cast<uint32_t>((eight >> (from % 8)) & ((uint64_t{1} << now) - 1));
            target[at / 32] |= bits << (at % 32);
            done += now;
        }
    }

  private:
    std::vector<uint8_t> bytes_;
};

}  // namespace

class ExchangeRouter::Workspace {
  public:
    Workspace(ExchangeNetwork network, int lines, int batch)
        : network_(network),
          lines_(lines),
          batch_(static_cast<size_t>(batch)),
          levels_(ceil_log2(static_cast<uint64_t>(lines))),
          leaf_level_(std::max(0, levels_ - LEAF_LEVELS)),
          row_((size_t{1} << levels_) / 2 + (size_t{8} << leaf_level_)),
          other_row_((size_t{1} << levels_) / 2 + (size_t{8} << leaf_level_)) {
        for (int stage = 0; stage < 2 * levels_ - 1; ++stage)
            widths_.push_back(width(stage));
        for (int level = 0; level < leaf_level_; ++level) {
            const int size = (lines + (1 << level) - 1) >> level;
            blocks_.push_back(make_blocks(level, batch_, static_cast<size_t>(size + size % 2)));
        }
        leaves_ = std::max(LEAF_GROUP, 1 << leaf_level_);
        leaf_blocks_ = exchange::Leaves(batch_ << leaf_shift());
        make_leaf_shape();
        crossed_.resize(size_t{2} * LEAF_LEVELS * static_cast<size_t>(leaves_));
        for (int depth = 0; depth < shape_.levels; ++depth)
            for (int group = 0; group < 1 << (shape_.levels - 1); ++group) {
                const int block = reverse_bits(group & ((1 << depth) - 1), depth);
                const int pair = (block << (shape_.levels - 1 - depth)) + (group >> depth);
                leaf_places_[static_cast<size_t>(depth)][static_cast<size_t>(pair)] =
                    static_cast<size_t>(group);
            }
    }

    int lines() const { return lines_; }
    size_t batch() const { return batch_; }

    void route(std::span<const Permutation> sources, std::span<SwitchBits> bits) {
        PERMLOOM_ASSERT(sources.size() == bits.size() && sources.size() <= batch_);
        for (size_t item = 0; item < sources.size(); ++item) {
            PERMLOOM_ASSERT(sources[item].size() == lines_);
            start_item(item, sources[item]);
            if (!has_shape(bits[item])) bits[item] = SwitchBits(widths_);
        }
        for (size_t level = 0; level < blocks_.size(); ++level) {
            const bool last = level + 1 == blocks_.size();
            const exchange::LevelShape shape{
                static_cast<int>(level), lines_ >> level, lines_ & ((1 << level) - 1),
                static_cast<int>(sources.size() << level), last ? leaves_ : 2 << level};
            exchange::walk_level(shape, blocks_[level], last ? nullptr : &blocks_[level + 1],
                                 leaf_blocks_);
        }
        for (size_t item = 0; item < sources.size(); ++item)
            write_rows(item, bits[item]);
    }

  private:
    /// log2 of the leaves of a permutation in memory: groups are full.
    int leaf_shift() const { return std::max(leaf_level_, 2); }

    void make_leaf_shape() {
        shape_.levels = levels_ - leaf_level_;
        const int larger = lines_ & ((1 << leaf_level_) - 1), smaller_size = lines_ >> leaf_level_;
        shape_.mixed_group = larger / LEAF_GROUP;
        const auto labels = [&](int first_leaf) {
            std::array<int, LEAF_GROUP> sizes{};
            for (int i = 0; i < LEAF_GROUP; ++i)
                if (first_leaf + i < 1 << leaf_level_)
                    sizes[static_cast<size_t>(i)] =
                        smaller_size + (first_leaf + i < larger ? 1 : 0);
            return exchange::leaf_labels(sizes, shape_.levels);
        };
        shape_.before = labels(0);
        shape_.mixed = labels(shape_.mixed_group * LEAF_GROUP);
        shape_.after = labels((1 << leaf_level_) - std::min(LEAF_GROUP, 1 << leaf_level_));
    }

    /// Switches of a stage: the lines whose bit `level` is 0 and whose partner is there, less the
    /// first ones of blocks that are left out.
    int32_t width(int stage) const {
        const int level = stage < levels_ ? stage : 2 * levels_ - 2 - stage;
        const int blocks = 1 << level, rest = (lines_ & (2 * blocks - 1)) - blocks;
        const int all = ((lines_ >> (level + 1)) << level) + std::max(0, rest);
        if (stage < levels_) return all;
        return all - (blocks - static_cast<int32_t>(first_of_blocks(level).count));
    }

    bool has_shape(const SwitchBits& bits) const {
        if (bits.row_count() != static_cast<int>(widths_.size())) return false;
        for (int row = 0; row < bits.row_count(); ++row)
            if (bits.width(row) != widths_[static_cast<size_t>(row)]) return false;
        return true;
    }

    void start_item(size_t item, const Permutation& source) {
        const auto fill = [&](auto& first) {
            using Memory = std::decay_t<decltype(first)>;
            using Index = typename Memory::Index;
            Index* block = first.block(item << (blocks_.empty() ? leaf_shift() : 0));
            const int32_t* values = source.values().data();
            for (int output = 0; output < lines_; ++output) {
                const auto o = static_cast<size_t>(output), i = static_cast<size_t>(values[output]);
                block[Memory::wanted_at(o)] = static_cast<Index>(i);
                block[Memory::goes_to_at(i)] = static_cast<Index>(o);
            }
        };
        if (blocks_.empty()) return fill(leaf_blocks_);
        std::visit(fill, blocks_.front());
    }

    void write_rows(size_t item, SwitchBits& bits) {
        bits.clear();
        for (int level = 0; level < leaf_level_; ++level)
            std::visit([&](auto& blocks) { write_level(blocks, item, level, bits); },
                       blocks_[static_cast<size_t>(level)]);
        if (levels_ == 0) return;
        exchange::route_leaves(shape_, leaf_blocks_.block(item << leaf_shift()), leaves_,
                               crossed_.data());
        for (int depth = 0; depth < shape_.levels; ++depth) {
            const int level = leaf_level_ + depth;
            const uint8_t* crossed =
                crossed_.data() + static_cast<size_t>(2 * depth) * static_cast<size_t>(leaves_);
            gather_leaf_row(crossed, depth);
            put_row(row_, bits, 2 * levels_ - 2 - level);
            if (depth + 1 == shape_.levels) break;
            gather_leaf_row(crossed + leaves_, depth);
            put_row(row_, bits, level);
        }
    }

    /// Number of the first switch of a second-half stage that is there, and how many are before
    /// number 2^level: in an AS-Waksman network the first switch of a block, number r for block r,
    /// is there for odd blocks only, which are those below n mod 2^level or those from there on.
    struct FirstOfBlocks {
        size_t begin, count;
    };
    FirstOfBlocks first_of_blocks(int level) const {
        const auto blocks = size_t{1} << level, larger = static_cast<size_t>(lines_) & (blocks - 1);
        if (network_ == ExchangeNetwork::benes) return {0, blocks};
        const bool larger_are_odd = (lines_ >> level) % 2 == 0;
        return larger_are_odd ? FirstOfBlocks{0, larger} : FirstOfBlocks{larger, blocks - larger};
    }

    template <class Number>
    void write_level(exchange::LargeBlocks<Number>& blocks, size_t item, int level,
                     SwitchBits& bits) {
        const int stage = 2 * levels_ - 2 - level;
        const auto count = static_cast<size_t>(bits.width(level));
        exchange::unzip_switches(blocks.switches(item), count, row_.bytes(), other_row_.bytes());
        put_row(row_, bits, stage);
        put_row(other_row_, bits, level);
    }

    void write_level(exchange::SmallBlocks& blocks, size_t item, int level, SwitchBits& bits) {
        gather_small_row(blocks.second_half.data() + (item << level), level);
        put_row(row_, bits, 2 * levels_ - 2 - level);
        gather_small_row(blocks.first_half.data() + (item << level), level);
        put_row(row_, bits, level);
    }

    /// A row from one word a block: bit k of block r is its switch (k << level) + r.
    void gather_small_row(const uint64_t* words, int level) {
        const auto blocks = size_t{1} << level;
        const size_t pairs = ((static_cast<size_t>(lines_) + blocks - 1) / blocks + 1) / 2;
        if (level < 3) {
            row_.clear();
            for (size_t block = 0; block < blocks; ++block)
                for (size_t pair = 0; pair < pairs; ++pair)
                    row_.put((pair << level) + block, (words[block] >> pair) & 1U);
            return;
        }
        for (size_t pair = 0; pair < pairs; pair += 8)
            for (size_t block = 0; block < blocks; block += 8) {
                uint64_t eight = 0;
                for (size_t i = 0; i < 8; ++i)
                    eight |= (words[block + i] >> pair & 0xffU) << (8 * i);
                row_.set_bytes(((pair << level) + block) / 8, blocks / 8, transpose8(eight));
            }
    }

    /// A row from one mask a leaf, bit q for its pair q.
    void gather_leaf_row(const uint8_t* masks, int depth) {
        const auto leaves = size_t{1} << leaf_level_, pairs = size_t{1} << (shape_.levels - 1);
        const auto& places = leaf_places_[static_cast<size_t>(depth)];
        if (leaves >= 8) {
            for (size_t leaf = 0; leaf < leaves; leaf += 8) {
                uint64_t eight;
                std::memcpy(&eight, masks + leaf, 8);
                eight = transpose8(eight);
                for (size_t q = 0; q < 8; ++q)
                    row_.set_byte(places[q] * (leaves / 8) + leaf / 8, eight >> (8 * q));
            }
            return;
        }
        row_.clear();
        for (size_t leaf = 0; leaf < leaves; ++leaf)
            for (size_t q = 0; q < pairs; ++q)
                row_.put((places[q] << leaf_level_) + leaf, (masks[leaf] >> q) & 1U);
    }

    /// The switches of stage `stage` out of a full row: the first ones, as many as there
    /// are; without those that an AS-Waksman network leaves out.
    void put_row(const Row& row, SwitchBits& bits, int stage) const {
        const auto target = bits.words(stage);
        const auto width = static_cast<size_t>(bits.width(stage));
        if (stage < levels_) return row.copy(0, width, target, 0);
        const int level = 2 * levels_ - 2 - stage;
        const auto [begin, count] = first_of_blocks(level);
        row.copy(begin, count, target, 0);
        row.copy(size_t{1} << level, width - count, target, count);
    }

    ExchangeNetwork network_;
    int lines_;
    size_t batch_;
    int levels_, leaf_level_, leaves_ = 0;
    std::vector<int32_t> widths_;
    std::vector<exchange::Blocks> blocks_;  ///< per walked level
    exchange::Leaves leaf_blocks_{0};
    exchange::LeafShape shape_;
    std::vector<uint8_t> crossed_;  ///< per depth: masks of all leaves, second half, then first
    /// Where the switches of pair q of all leaves stand in the row of a depth, in units of the
    /// number of leaves.
    std::array<std::array<size_t, LEAF_LINES / 2>, LEAF_LEVELS> leaf_places_{};
    Row row_, other_row_;
};

ExchangeRouter::ExchangeRouter(ExchangeNetwork network, int lines, int batch)
    : workspace_(std::make_unique<Workspace>(network, lines, batch)) {}
ExchangeRouter::~ExchangeRouter() = default;
ExchangeRouter::ExchangeRouter(ExchangeRouter&&) noexcept = default;
ExchangeRouter& ExchangeRouter::operator=(ExchangeRouter&&) noexcept = default;

int ExchangeRouter::lines() const {
    return workspace_->lines();
}
int ExchangeRouter::batch() const {
    return static_cast<int>(workspace_->batch());
}

std::vector<SwitchBits> route_exchange_batch(ExchangeNetwork network,
                                             std::span<const Permutation> sources,
                                             ThreadPool& pool) {
    std::vector<SwitchBits> bits(sources.size());
    if (sources.empty()) return bits;
    // Enough pieces for every thread, few enough that making a router does not count.
    const size_t share = sources.size() / static_cast<size_t>(2 * pool.size()) + 1;
    const size_t piece = std::min<size_t>(share, 256);
    pool.for_each(static_cast<int>((sources.size() + piece - 1) / piece), [&](int i) {
        const size_t begin = static_cast<size_t>(i) * piece;
        const size_t end = std::min(begin + piece, sources.size());
        const size_t batch = std::min<size_t>(ExchangeRouter::GOOD_BATCH, end - begin);
        ExchangeRouter router(network, sources[begin].size(), static_cast<int>(batch));
        for (size_t at = begin; at < end; at += batch) {
            const size_t now = std::min(batch, end - at);
            router.route(sources.subspan(at, now), std::span(bits).subspan(at, now));
        }
    });
    return bits;
}

void ExchangeRouter::route(const Permutation& source, SwitchBits& bits) {
    route(std::span(&source, 1), std::span(&bits, 1));
}
void ExchangeRouter::route(std::span<const Permutation> sources, std::span<SwitchBits> bits) {
    workspace_->route(sources, bits);
}

}  // namespace permloom
