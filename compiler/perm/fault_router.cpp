#include "compiler/perm/fault_router.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/benes.h"

namespace permloom {
namespace {

/// Choices that one visit of a block may try, pass by pass: first few, as it may take other choices
/// further out to solve it, at last all. Where a block has fewer they are all tried in order;
/// otherwise they are drawn.
constexpr std::array<uint64_t, 4> BREADTHS = {2, 8, 64, uint64_t{1} << 20};
constexpr int8_t FREE = -1;

/// The loops of one block. Its nodes are the pairs of outputs, then the pairs of inputs; the value
/// of a node is the setting of its switch, 1 crossed. A wanted line joins an output pair and an
/// input pair: both lines have to be in the same half.
struct Loops {
    std::vector<int> loop_of;     ///< loop of every node; -1: it carries nothing that matters
    std::vector<uint8_t> turned;  ///< setting of the node where its loop has the value 0
    std::vector<int8_t> value;    ///< of every loop: 0, 1 or FREE
    bool consistent = true;       ///< false: two fixed switches want opposite values
};

class Search {
  public:
    Search(ExchangeNetwork network, const PartialPermutation& source,
           std::span<const StuckSwitch> stuck, int64_t limit, uint64_t seed)
        : topology_(network == ExchangeNetwork::benes ? benes_topology(source.size())
                                                      : as_waksman_topology(source.size())),
          levels_(ceil_log2(static_cast<uint64_t>(source.size()))),
          limit_(limit),
          rng_(seed),
          bits_(topology_.row_widths()) {
        for (const auto& stage : topology_.stages) {
            number_.emplace_back(static_cast<size_t>(topology_.lines), -1);
            for (size_t i = 0; i < stage.size(); ++i)
                number_.back()[static_cast<size_t>(stage[i].low)] = static_cast<int32_t>(i);
            fixed_.emplace_back(stage.size(), FREE);
        }
        for (int level = 0; level < levels_; ++level)
            faults_.emplace_back(size_t{1} << level, 0);
        for (const StuckSwitch& one : stuck)
            add(one);
    }

    FaultRouting run(const PartialPermutation& source) {
        const std::vector<int32_t> wanted(source.values().begin(), source.values().end());
        bool found = false;
        for (size_t pass = 0; pass < BREADTHS.size() && !found; ++pass) {
            breadth_ = BREADTHS[pass];
            // Later passes take what the earlier ones have left.
            pass_limit_ =
                choices_ + (limit_ - choices_) / static_cast<int64_t>(BREADTHS.size() - pass);
            incomplete_ = false;
            bits_.clear();
            found = levels_ == 0 || solve(0, 0, wanted);
            if (!incomplete_) break;
        }
        FaultRouting result;
        result.choices = choices_;
        result.outcome = found         ? FaultOutcome::routed
                         : incomplete_ ? FaultOutcome::gave_up
                                       : FaultOutcome::impossible;
        if (found) result.bits = std::move(bits_);
        return result;
    }

  private:
    void add(const StuckSwitch& one) {
        const std::string where =
            "stuck switch " + std::to_string(one.stage) + ":" + std::to_string(one.index);
        if (one.stage < 0 || one.stage >= topology_.stage_count())
            throw Error(where,
                        "the network has " + std::to_string(topology_.stage_count()) + " stages");
        const auto stage = static_cast<size_t>(one.stage);
        if (one.index < 0 || static_cast<size_t>(one.index) >= fixed_[stage].size())
            throw Error(where,
                        "the stage has " + std::to_string(fixed_[stage].size()) + " switches");
        int8_t& fixed = fixed_[stage][static_cast<size_t>(one.index)];
        const auto setting = static_cast<int8_t>(one.crossed ? 1 : 0);
        if (fixed == setting) return;
        if (fixed != FREE) throw Error(where, "is given as stuck straight and stuck crossed");
        fixed = setting;
        const int level = one.stage < levels_ ? one.stage : 2 * levels_ - 2 - one.stage;
        const int low = topology_.stages[stage][static_cast<size_t>(one.index)].low;
        for (int l = 0; l <= level; ++l)
            ++faults_[static_cast<size_t>(l)][static_cast<size_t>(low & ((1 << l) - 1))];
    }

    /// The setting that a pair of block `residue` has to have in stage `stage`; pairs without a
    /// switch are straight.
    int8_t fixed(int stage, int level, int residue, int pair) const {
        const int32_t number =
            number_[static_cast<size_t>(stage)][static_cast<size_t>((2 * pair << level) + residue)];
        return number < 0 ? int8_t{0}
                          : fixed_[static_cast<size_t>(stage)][static_cast<size_t>(number)];
    }

    void set(int stage, int level, int residue, int pair, bool crossed) {
        const int32_t number =
            number_[static_cast<size_t>(stage)][static_cast<size_t>((2 * pair << level) + residue)];
        if (number >= 0) bits_.set(stage, number, crossed);
    }

    Loops find_loops(int level, int residue, const std::vector<int32_t>& wanted) const {
        const int size = static_cast<int>(wanted.size()), pairs = (size + 1) / 2;
        std::vector<int32_t> goes_to(static_cast<size_t>(2 * pairs), DONT_CARE);
        for (int o = 0; o < size; ++o)
            if (wanted[static_cast<size_t>(o)] != DONT_CARE)
                goes_to[static_cast<size_t>(wanted[static_cast<size_t>(o)])] = o;

        Loops loops;
        loops.loop_of.assign(static_cast<size_t>(2 * pairs), -1);
        loops.turned.assign(loops.loop_of.size(), 0);
        std::vector<int> open;
        // Node, and the setting that it has where the loop has the value 0.
        const auto visit = [&](int node, uint8_t turned) {
            int& loop = loops.loop_of[static_cast<size_t>(node)];
            if (loop >= 0) return;
            loop = static_cast<int>(loops.value.size()) - 1;
            loops.turned[static_cast<size_t>(node)] = turned;
            const bool output = node < pairs;
            const int8_t setting = fixed(output ? 2 * levels_ - 2 - level : level, level, residue,
                                         output ? node : node - pairs);
            if (setting != FREE) {
                const auto needed = static_cast<int8_t>(setting ^ turned);
                if (loops.value.back() == FREE) loops.value.back() = needed;
                if (loops.value.back() != needed) loops.consistent = false;
            }
            open.push_back(node);
        };
        for (int first = 0; first < size; ++first) {
            if (wanted[static_cast<size_t>(first)] == DONT_CARE) continue;
            if (loops.loop_of[static_cast<size_t>(first / 2)] >= 0) continue;
            loops.value.push_back(FREE);
            visit(first / 2, 0);
            while (!open.empty()) {
                const int node = open.back();
                open.pop_back();
                const uint8_t turned = loops.turned[static_cast<size_t>(node)];
                const bool output = node < pairs;
                for (int side = 0; side < 2; ++side) {
                    const int line = 2 * (output ? node : node - pairs) + side;
                    const int32_t other =
                        output ? (line < size ? wanted[static_cast<size_t>(line)] : DONT_CARE)
                               : goes_to[static_cast<size_t>(line)];
                    if (other == DONT_CARE) continue;
                    // Lines in one half: number and setting differ on both sides or on neither.
                    visit(output ? pairs + other / 2 : other / 2,
                          static_cast<uint8_t>(turned ^ side ^ (other & 1)));
                }
            }
        }
        return loops;
    }

    /// Block `residue` of `level`: output line o inside it has to come from input wanted[o].
    bool solve(int level, int residue, const std::vector<int32_t>& wanted) {
        if (wanted.size() <= 1) return true;
        if (level == levels_ - 1) return solve_middle(level, residue, wanted);
        const Loops loops = find_loops(level, residue, wanted);
        if (!loops.consistent) return false;

        std::vector<int8_t> value = loops.value;
        std::vector<size_t> free;
        for (size_t i = 0; i < value.size(); ++i)
            if (value[i] == FREE) free.push_back(i);
        for (const size_t i : free)
            value[i] = 0;
        const auto residue_at = static_cast<size_t>(residue);
        // Without faults inside, any choice succeeds.
        const bool healthy = faults_[static_cast<size_t>(level)][residue_at] == 0;
        const bool exhaustive = free.size() < 63 && uint64_t{1} << free.size() <= breadth_;
        const uint64_t tries = healthy ? 1 : exhaustive ? uint64_t{1} << free.size() : breadth_;
        for (uint64_t choice = 0; choice < tries; ++choice) {
            if (choices_ >= pass_limit_) {
                incomplete_ = true;
                return false;
            }
            ++choices_;
            for (size_t i = 0; i < free.size() && !healthy; ++i)
                value[free[i]] = static_cast<int8_t>(exhaustive ? choice >> i & 1 : rng_.below(2));
            if (solve_halves(level, residue, wanted, loops, value)) return true;
        }
        if (!exhaustive) incomplete_ = true;
        return false;
    }

    bool solve_halves(int level, int residue, const std::vector<int32_t>& wanted,
                      const Loops& loops, const std::vector<int8_t>& value) {
        const int size = static_cast<int>(wanted.size()), pairs = (size + 1) / 2;
        const auto setting = [&](int node, int stage, int pair) {
            const int loop = loops.loop_of[static_cast<size_t>(node)];
            if (loop >= 0)
                return (loops.turned[static_cast<size_t>(node)] ^
                        value[static_cast<size_t>(loop)]) != 0;
            return fixed(stage, level, residue, pair) == 1;
        };
        const int last = 2 * levels_ - 2 - level;
        std::vector<int32_t> upper(static_cast<size_t>((size + 1) / 2), DONT_CARE);
        std::vector<int32_t> lower(static_cast<size_t>(size / 2), DONT_CARE);
        for (int pair = 0; pair < pairs; ++pair) {
            const bool crossed = setting(pair, last, pair);
            set(last, level, residue, pair, crossed);
            set(level, level, residue, pair, setting(pairs + pair, level, pair));
            for (int side = 0; side < 2; ++side) {
                const int output = 2 * pair + side;
                if (output >= size || wanted[static_cast<size_t>(output)] == DONT_CARE) continue;
                const bool down = (side == 1) != crossed;
                (down ? lower : upper)[static_cast<size_t>(pair)] =
                    wanted[static_cast<size_t>(output)] / 2;
            }
        }
        const int upper_residue = residue, lower_residue = residue + (1 << level);
        const auto faults = [&](int half) {
            return faults_[static_cast<size_t>(level + 1)][static_cast<size_t>(half)];
        };
        // The half with more faults first: it fails sooner.
        if (faults(lower_residue) > faults(upper_residue))
            return solve(level + 1, lower_residue, lower) && solve(level + 1, upper_residue, upper);
        return solve(level + 1, upper_residue, upper) && solve(level + 1, lower_residue, lower);
    }

    /// Two lines and one switch.
    bool solve_middle(int level, int residue, const std::vector<int32_t>& wanted) {
        const bool cares = wanted[0] != DONT_CARE || wanted[1] != DONT_CARE;
        const int8_t stuck = fixed(level, level, residue, 0);
        const bool crossed = cares ? wanted[0] == 1 || wanted[1] == 0 : stuck == 1;
        if (stuck != FREE && crossed != (stuck == 1)) return false;
        set(level, level, residue, 0, crossed);
        return true;
    }

    Topology topology_;
    int levels_;
    int64_t limit_, pass_limit_ = 0, choices_ = 0;
    uint64_t breadth_ = 0;
    bool incomplete_ = false;  ///< something was not tried
    Rng rng_;
    SwitchBits bits_;
    std::vector<std::vector<int32_t>>
        number_;                              ///< per stage and low line: number of the switch, -1
    std::vector<std::vector<int8_t>> fixed_;  ///< per stage and switch
    std::vector<std::vector<int>> faults_;    ///< per level and block: stuck switches in it
};

}  // namespace

std::vector<StuckSwitch> random_stuck_switches(const Topology& topology, int count, Rng& rng) {
    PERMLOOM_ASSERT(count >= 0 && count <= topology.switch_count());
    std::vector<StuckSwitch> all;
    for (int d = 0; d < topology.stage_count(); ++d)
        for (size_t i = 0; i < topology.stages[static_cast<size_t>(d)].size(); ++i)
            all.push_back({d, static_cast<int>(i), rng.chance(0.5)});
    rng.shuffle(std::span(all));
    all.resize(static_cast<size_t>(count));
    return all;
}

FaultRouting route_around(ExchangeNetwork network, const PartialPermutation& source,
                          std::span<const StuckSwitch> stuck, int64_t limit, uint64_t seed) {
    PERMLOOM_ASSERT(source.size() >= 1);
    Search search(network, source, stuck, limit, seed);
    return search.run(source);
}

}  // namespace permloom
