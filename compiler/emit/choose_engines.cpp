#include "compiler/emit/choose_engines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <span>

#include "compiler/base/error.h"
#include "compiler/program/engine_plan.h"

namespace permloom {
namespace {

constexpr int MAX_SERIAL_LANES = 128, MAX_LEVEL_INPUTS = 64;
/// Shares of LUTs and flip-flops on the one side and of block RAMs on the other are weighed against
/// each other in so many steps.
constexpr int WEIGHINGS = 10;

struct Candidate {
    Engine engine = Engine::serial;
    int lanes = 1;
    bool bit_serial = false;
    Cost cost;
    int64_t interval = 0;
};

double share(double amount, const std::optional<int>& limit) {
    return limit ? amount / *limit : 0.0;
}

double logic_share(const Cost& cost, const Budget& budget) {
    return std::max(share(cost.luts, budget.luts),
                    share(static_cast<double>(cost.flip_flops), budget.flip_flops));
}

double ram_share(const Cost& cost, const Budget& budget) {
    return share(static_cast<double>(cost.rams), budget.rams);
}

/// Of the budget, of what there is least of: fits up to 1.
double largest_share(const Cost& cost, const Budget& budget) {
    return std::max(logic_share(cost, budget), ram_share(cost, budget));
}

std::string text_of(const ChipLayer& layer) {
    if (layer.engine == Engine::folded) return layer.bit_serial ? "folded bit-serial" : "folded";
    return fmt::format("{} x {}", to_string(layer.engine), layer.lanes);
}

std::string text_of(const Chip& chip) {
    std::string text;
    for (const ChipLayer& layer : chip.layers)
        text += (text.empty() ? "" : ", ") + text_of(layer);
    return text;
}

/// "1,000" is for tables: messages have plain numbers.
std::string text_of(const Cost& cost) {
    return fmt::format("{} LUT4, {} flip-flops and {} block RAMs", std::llround(cost.luts),
                       cost.flip_flops, cost.rams);
}

std::string text_of(const Budget& budget) {
    std::string text;
    const auto add = [&](const std::optional<int>& limit, const char* what) {
        if (limit) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", *limit, what);
    };
    add(budget.luts, "LUT4");
    add(budget.flip_flops, "flip-flops");
    add(budget.rams, "block RAMs");
    add(budget.cycles, "cycles");
    return text;
}

/// Everything that can be built for a layer, `chip` being left as it was.
std::vector<Candidate> candidates_of(Chip& chip, size_t index) {
    ChipLayer& layer = chip.layers[index];
    const Engine engine = layer.engine;
    const int lanes = layer.lanes;
    const bool bit_serial = layer.bit_serial;
    std::vector<Candidate> candidates;
    const auto try_one = [&](Engine kind, int count, bool serial = false) {
        layer.engine = kind;
        layer.lanes = count;
        layer.bit_serial = serial;
        try {
            check_engine(layer, index, "chip");
        } catch (const Error&) {
            return;
        }
        const PartEstimate part = estimate_layer(chip, index);
        candidates.push_back({kind, count, serial, part.cost, part.interval});
    };
    try_one(Engine::folded, 1);
    try_one(Engine::folded, 1, true);
    for (int count = 1; count <= std::min(MAX_SERIAL_LANES, layer.outputs); count *= 2)
        try_one(Engine::serial, count);
    for (int count = 1; count <= MAX_LEVEL_INPUTS; count *= 2)
        try_one(Engine::level, count);
    layer.engine = engine;
    layer.lanes = lanes;
    layer.bit_serial = bit_serial;
    return candidates;
}

/// A candidate for each layer.
struct Choice {
    std::vector<const Candidate*> candidates;
    Cost cost;                        ///< of all layers
    double largest = 0.0, sum = 0.0;  ///< shares of the budget

    /// Less of what there is least of; of two that fit, less of all.
    bool better_than(const Choice& other) const {
        if (std::max(largest, 1.0) != std::max(other.largest, 1.0)) return largest < other.largest;
        return sum < other.sum;
    }
};

/// The best of all weighings, among candidates that take at most `cycles`; none where a layer has
/// no such candidate. `rest`: what the chip takes beside its layers.
std::optional<Choice> best_choice(const std::vector<std::vector<Candidate>>& layers, int64_t cycles,
                                  const Cost& rest, const Budget& budget) {
    std::optional<Choice> best;
    for (int step = 0; step <= WEIGHINGS; ++step) {
        const double weight = static_cast<double>(step) / WEIGHINGS;
        const auto price = [&](const Candidate& one) {
            return weight * logic_share(one.cost, budget) +
                   (1.0 - weight) * ram_share(one.cost, budget);
        };
        Choice choice;
        choice.cost = rest;
        for (const std::vector<Candidate>& candidates : layers) {
            const Candidate* cheapest = nullptr;
            for (const Candidate& one : candidates)
                if (one.interval <= cycles && (!cheapest || price(one) < price(*cheapest)))
                    cheapest = &one;
            if (!cheapest) return {};
            choice.candidates.push_back(cheapest);
            choice.cost += cheapest->cost;
        }
        choice.largest = largest_share(choice.cost, budget);
        choice.sum = logic_share(choice.cost, budget) + ram_share(choice.cost, budget);
        if (!best || choice.better_than(*best)) best = std::move(choice);
    }
    return best;
}

/// Of the fastest chip: its slowest layer, or its ports.
int64_t fewest_cycles(const std::vector<std::vector<Candidate>>& layers, int64_t ports) {
    int64_t cycles = ports;
    for (const std::vector<Candidate>& candidates : layers)
        cycles = std::max(cycles,
                          std::ranges::min_element(candidates, {}, &Candidate::interval)->interval);
    return cycles;
}

void apply(Chip& chip, const Choice& choice) {
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        chip.layers[l].engine = choice.candidates[l]->engine;
        chip.layers[l].lanes = choice.candidates[l]->lanes;
        chip.layers[l].bit_serial = choice.candidates[l]->bit_serial;
    }
}

}  // namespace

EngineChoice choose_engines(Chip& chip, const Budget& budget) {
    std::vector<std::vector<Candidate>> layers;
    // No layer needs to be faster than the pixels come and the results go.
    const int64_t ports = std::max<int64_t>(chip.pixel_beats(), chip.outputs() + int64_t{1});
    std::set<int64_t> intervals;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        layers.push_back(candidates_of(chip, l));
        if (layers.back().empty()) throw Error(fmt::format("layer {}", l), "no engine can hold it");
        for (const Candidate& one : layers.back())
            intervals.insert(std::max(one.interval, ports));
    }
    std::vector<int64_t> order(intervals.begin(), intervals.end());
    if (budget.cycles) {
        const int64_t fewest = fewest_cycles(layers, ports);
        if (fewest > *budget.cycles)
            throw Error("budget",
                        fmt::format("no engines take at most {} cycles an image; the fewest are {}",
                                    *budget.cycles, fewest),
                        "allow more, or a wider pixel stream with `--set pixel_stream_bits=64`");
        std::erase_if(order, [&](int64_t cycles) { return cycles > *budget.cycles; });
        std::ranges::reverse(order);
    }
    Cost rest;
    for (const PartEstimate& part : estimate(chip).rest)
        rest += part.cost;

    EngineChoice result;
    std::optional<Choice> cheapest;
    for (const int64_t cycles : order) {
        std::optional<Choice> choice = best_choice(layers, cycles, rest, budget);
        if (!choice) continue;
        if (choice->largest <= 1.0) {
            apply(chip, *choice);
            result.estimate = estimate(chip);
            // The loader depends on all layers a little.
            if (largest_share(result.estimate.total(), budget) <= 1.0) {
                for (const std::vector<Candidate>& candidates : layers) {
                    const auto in_time = std::ranges::count_if(
                        candidates, [&](const Candidate& one) { return one.interval <= cycles; });
                    result.layers.push_back(
                        {static_cast<int>(candidates.size()), static_cast<int>(in_time)});
                }
                return result;
            }
        }
        if (!budget.cycles) {
            result.faster_interval = cycles;
            result.faster_cost = choice->cost;
        }
        if (!cheapest || choice->better_than(*cheapest)) cheapest = std::move(choice);
    }
    apply(chip, *cheapest);
    throw Error("budget",
                fmt::format("no engines fit {}; the cheapest found, {}, takes {}", text_of(budget),
                            text_of(chip), text_of(estimate(chip).total())),
                "allow more, or save memory with `--set contexts=1`");
}

}  // namespace permloom
