#include "compiler/program/engine_plan.h"

#include <algorithm>
#include <bit>

#include "compiler/base/bits.h"
#include "compiler/base/error.h"

namespace permloom {
namespace {

int ceil_divide(int value, int divisor) {
    return (value + divisor - 1) / divisor;
}

int lg(int count) {
    return ceil_log2(static_cast<uint64_t>(count));
}

EnginePlan folded(const ChipLayer& layer) {
    const int stages = layer.lines() > 1 ? 2 * lg(layer.lines()) - 1 : 0;
    EnginePlan plan{stages, layer.outputs, int64_t{layer.outputs} * layer.cycles_a_neuron()};
    plan.writing = plan.interval - layer.cycles_a_neuron() + 1;
    plan.latency = plan.interval + stages + lg(layer.lines()) + 7;
    plan.last_latency = plan.latency - 3;
    return plan;
}

EnginePlan spatial(const ChipLayer& layer) {
    const int stages = layer.lines() > 1 ? 2 * lg(layer.lines()) - 1 : 0;
    const int items = layer.outputs / layer.lanes;
    EnginePlan plan{stages, layer.outputs, std::max(layer.cycles_a_neuron(), items)};
    plan.writing = items;
    plan.latency = layer.cycles_a_neuron() + stages + lg(layer.lines()) + 8 + items - 1;
    plan.last_latency = plan.latency - 3;
    return plan;
}

EnginePlan serial(const ChipLayer& layer) {
    EnginePlan plan;
    plan.wiring_stages = layer.lanes;
    const std::vector<int32_t> entries = group_entries(layer);
    for (const int32_t count : entries) {
        plan.wiring_rows += count;
        plan.interval += std::max(count, layer.lanes);
    }
    const int in_last_group = layer.outputs - (static_cast<int>(entries.size()) - 1) * layer.lanes;
    plan.writing = plan.interval - std::max(entries.front(), layer.lanes) + in_last_group;
    plan.latency = plan.interval + 9 + in_last_group - 1;
    plan.last_latency = plan.latency - 3;
    return plan;
}

EnginePlan level(const ChipLayer& layer) {
    EnginePlan plan{layer.outputs, steps(layer), std::max(steps(layer), layer.outputs)};
    plan.writing = layer.outputs;
    plan.latency = plan.interval + lg(layer.lanes) + 8 + layer.outputs - 1;
    plan.last_latency = plan.latency - 3;
    return plan;
}

EnginePlan programmable(const ChipLayer& layer) {
    const int groups = ceil_divide(layer.outputs, layer.lanes);
    const int in_last_group = layer.outputs - (groups - 1) * layer.lanes;
    const int group_cycles = std::max(layer.inputs, layer.lanes);
    EnginePlan plan;
    plan.wiring_stages = layer.lanes;
    plan.wiring_rows = ceil_divide(static_cast<int>(lane_weights(layer)), weights_a_row(layer));
    plan.interval = int64_t{groups} * group_cycles;
    plan.writing = plan.interval - group_cycles + in_last_group;
    plan.latency = plan.interval + 9 + in_last_group - 1;
    plan.last_latency = plan.latency - 3;
    return plan;
}

/// What one write of a window may carry: the width of a write in the models.
constexpr int MAX_WRITE_BITS = 64;

/// Twice the cycles between two vectors, exactly, where the vectors are written to a buffer of two
/// banks in `writing` cycles each. `serial` gives a bank back a cycle after its last step, which is
/// too late for every second vector where writing one takes as long as the work on it.
int64_t half_cycles(Engine engine, int64_t interval, int64_t writing) {
    const int late = engine == Engine::serial ? 1 : 0;
    return std::max({2 * interval, 2 * writing, writing + interval + late});
}

/// The cycles of a layer, its banks looked through once.
class Pace {
  public:
    explicit Pace(const ChipLayer& layer)
        : layer_(layer),
          engine_(engine_plan(layer)),
          window_steps_(layer.walk ? layer.inputs / window_lanes() : 0),
          half_step_(half_cycles(layer.engine, engine_.interval, window_steps_)) {}

    int window_lanes() const {
        const int64_t most = engine_.interval - (layer_.engine == Engine::serial ? 1 : 0);
        int lanes = 1;
        while (layer_.inputs / lanes > most && layer_.walk->map.channels % (2 * lanes) == 0 &&
               2 * lanes * layer_.in_bits <= MAX_WRITE_BITS)
            lanes *= 2;
        return lanes;
    }
    int window_steps() const { return window_steps_; }

    /// Twice the interval of two images that are written to the layer's buffer in `writing` cycles.
    int64_t half_interval(int64_t writing) const {
        return layer_.walk ? layer_.walk->positions() * half_step_
                           : half_cycles(layer_.engine, engine_.interval, writing);
    }
    /// From the first issue of the layer to the first issue of its engine at a position.
    int64_t position_begins(int position) const {
        return window_steps_ + 1 + position * half_step_ / 2;
    }
    /// From the first write of an image to the last, that one included.
    int64_t writing() const {
        if (!layer_.walk) return engine_.writing;
        const Walk& walk = *layer_.walk;
        return position_begins(walk.counted_positions() - 1) -
               position_begins((walk.window - 1) * (walk.columns + 1)) + engine_.writing;
    }
    LayerPlan plan(bool last) const {
        if (!layer_.walk) return {engine_.interval, last ? engine_.last_latency : engine_.latency};
        const int pooled = layer_.walk->pool == Pool::none ? 0 : 1;
        return {(half_interval(0) + 1) / 2,
                position_begins(layer_.walk->counted_positions() - 1) + engine_.latency + pooled};
    }
    /// From the first issue of a layer that adds until it has given back the bank of what it adds:
    /// the last sum is there four cycles before it could be in a buffer behind.
    int64_t gives_back() const {
        return position_begins(layer_.walk->positions() - 1) + engine_.latency - 4;
    }
    /// Cycles of a vector in the engine and the post-op beside those between two.
    int64_t depth() const { return engine_.latency - engine_.interval; }

  private:
    const ChipLayer& layer_;
    EnginePlan engine_;
    int window_steps_;  ///< F
    int64_t half_step_;
};

/// The cycles of a chip.
class ChipPace {
  public:
    explicit ChipPace(const Chip& chip);

    int64_t half_interval() const { return half_interval_; }
    int64_t latency() const { return full_.back(); }
    int skip_banks(size_t index) const;

  private:
    size_t skip(size_t index) const { return static_cast<size_t>(*chip_.layers[index].walk->skip); }

    const Chip& chip_;
    std::vector<Pace> layers_;
    int64_t half_interval_;
    // Of an image alone, the last pixel's cycle being 0: the first issue of each layer, and when
    // its values are complete.
    std::vector<int64_t> begins_, full_;
};

ChipPace::ChipPace(const Chip& chip)
    : chip_(chip),
      layers_(chip.layers.begin(), chip.layers.end()),
      half_interval_(2 * std::max<int64_t>(chip.pixel_beats(), chip.outputs() + int64_t{1})) {
    for (size_t l = 0; l < layers_.size(); ++l) {
        const bool of_image = chip.source(l) == NETWORK_INPUT;
        const auto source = static_cast<size_t>(chip.source(l));
        const int64_t writing = of_image ? chip.pixel_beats() : layers_[source].writing();
        half_interval_ = std::max(half_interval_, layers_[l].half_interval(writing));
        int64_t begins = of_image ? 1 : full_[source];
        if (chip.layers[l].adds()) begins = std::max(begins, full_[skip(l)]);
        begins_.push_back(begins);
        full_.push_back(begins + layers_[l].plan(l + 1 == layers_.size()).latency);
    }
}

int ChipPace::skip_banks(size_t index) const {
    // A layer writes an image in no more cycles than lie between two.
    const int64_t taken = full_[skip(index)] - layers_[skip(index)].plan(false).interval;
    // A layer stands still as a whole: while one image waits at its end, gaps between those in its
    // depth are not made up for.
    const int64_t held =
        begins_[index] + layers_[index].gives_back() - taken + layers_[index].depth();
    return static_cast<int>(std::max<int64_t>(2, (2 * held + half_interval_ - 1) / half_interval_));
}

}  // namespace

EnginePlan engine_plan(const ChipLayer& layer) {
    switch (layer.engine) {
        case Engine::folded:
            return folded(layer);
        case Engine::spatial:
            return spatial(layer);
        case Engine::serial:
            return serial(layer);
        case Engine::level:
            return level(layer);
        case Engine::programmable:
            return programmable(layer);
    }
    PERMLOOM_ASSERT(false);
    return {};
}

int spatial_lanes(const Chip& chip, size_t index) {
    const ChipLayer& layer = chip.layers[index];
    const bool last = index + 1 == chip.layers.size();
    if (last || layer.walk || !chip.adders(static_cast<int>(index)).empty()) return 1;
    int lanes = 1;
    while (layer.outputs / lanes > layer.cycles_a_neuron() && layer.outputs % (2 * lanes) == 0 &&
           2 * lanes * layer.out_bits <= MAX_WRITE_BITS)
        lanes *= 2;
    return lanes;
}

int window_lanes(const ChipLayer& layer) {
    return Pace(layer).window_lanes();
}

int window_steps(const ChipLayer& layer) {
    return Pace(layer).window_steps();
}

LayerPlan layer_plan(const ChipLayer& layer, bool last) {
    return Pace(layer).plan(last);
}

int skip_banks(const Chip& chip, size_t index) {
    return ChipPace(chip).skip_banks(index);
}

int64_t chip_interval(const Chip& chip) {
    return (ChipPace(chip).half_interval() + 1) / 2;
}

int64_t chip_latency(const Chip& chip) {
    return ChipPace(chip).latency();
}

std::vector<int32_t> live_slots(const ChipLayer& layer, int neuron) {
    const auto bank = layer.bank(neuron);
    std::vector<int32_t> slots;
    for (size_t slot = 0; slot < bank.size(); ++slot)
        if (bank[slot] != 0) slots.push_back(static_cast<int32_t>(slot));
    return slots;
}

std::vector<int32_t> group_entries(const ChipLayer& layer) {
    std::vector<int32_t> entries(static_cast<size_t>(ceil_divide(layer.outputs, layer.lanes)), 0);
    for (int neuron = 0; neuron < layer.outputs; ++neuron) {
        int32_t& most = entries[static_cast<size_t>(neuron / layer.lanes)];
        const auto bank = layer.bank(neuron);
        const auto zeros = std::ranges::count(bank, 0);
        most = std::max(most, static_cast<int32_t>(static_cast<int64_t>(bank.size()) - zeros));
    }
    return entries;
}

int stored_entry_bits(const ChipLayer& layer) {
    return std::max(1, lg(layer.inputs)) + (layer.rail == Rail::dual ? 1 : 0);
}

LoadedWiring loaded_wiring(const ChipLayer& layer) {
    if (layer.decoder != Decoder::none) return {1, layer.outputs};
    const EnginePlan plan = engine_plan(layer);
    return {plan.wiring_rows > 0 ? plan.wiring_stages : 0, plan.wiring_rows};
}

int64_t code_bits(const ChipLayer& layer) {
    if (layer.decoder == Decoder::level_map)
        return int64_t{layer.lines()} * lg(static_cast<int>(levels(layer, 0).size()));
    int64_t bits = 0;
    for (int digit = 1; digit < layer.lines(); ++digit)
        bits += std::bit_width(static_cast<unsigned>(digit));
    return bits;
}

int code_words(const ChipLayer& layer) {
    return static_cast<int>((code_bits(layer) + 31) / 32);
}

int64_t code_cycles(const ChipLayer& layer, int neuron) {
    const auto live = static_cast<int64_t>(live_slots(layer, neuron).size());
    const int64_t lines = layer.lines();
    const int64_t decoding = layer.decoder == Decoder::level_map
                                 ? lines + 2
                                 : 2 * lines + (lg(layer.lines()) + 7) / 8 + 2;
    return decoding + live + 2;
}

std::vector<int32_t> levels(const ChipLayer& layer, int neuron) {
    const auto bank = layer.bank(neuron);
    std::vector<int32_t> values(bank.begin(), bank.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

int level_bits(const ChipLayer& layer) {
    size_t most = 1;
    for (int bank = 0; bank < layer.banks(); ++bank)
        most = std::max(most, levels(layer, bank).size());
    return std::max(1, lg(static_cast<int>(most)));
}

int steps_a_pass(const ChipLayer& layer) {
    return ceil_divide(layer.inputs, layer.lanes);
}

int steps(const ChipLayer& layer) {
    return steps_a_pass(layer) * (layer.rail == Rail::dual ? 2 : 1);
}

int weight_bits(const ChipLayer& layer) {
    return layer.device_bits + (layer.rail == Rail::dual ? 1 : 0);
}

int weights_a_row(const ChipLayer& layer) {
    return static_cast<int>(std::bit_floor(32U / static_cast<unsigned>(weight_bits(layer))));
}

int64_t lane_weights(const ChipLayer& layer) {
    return int64_t{ceil_divide(layer.outputs, layer.lanes)} * layer.inputs;
}

}  // namespace permloom
