#include "compiler/passes/verify_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "compiler/base/error.h"
#include "compiler/passes/load_rows.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/evaluate.h"

namespace permloom {
namespace {

std::string place_of(size_t layer, size_t neuron) {
    return fmt::format("layer {}, neuron {}", layer, neuron);
}

uint32_t low_half(int64_t value) {
    return static_cast<uint32_t>(static_cast<uint64_t>(value));
}
uint32_t high_half(int64_t value) {
    return static_cast<uint32_t>(static_cast<uint64_t>(value) >> 32);
}

std::vector<uint32_t> row_of(const NeuronRegisters& registers) {
    return {low_half(registers.b), low_half(registers.m), low_half(registers.c),
            high_half(registers.c)};
}

std::vector<uint32_t> row_of(const LayerRegisters& registers) {
    const auto word = [](int low, int high, int shift) {
        return static_cast<uint32_t>(low) | static_cast<uint32_t>(high) << shift;
    };
    return {word(registers.s, registers.relu ? 1 : 0, 8), word(registers.z, registers.lo, 16),
            static_cast<uint32_t>(registers.hi)};
}

/// Collects the switch bits of a load stream and checks its registers on the way.
class StreamCheck {
  public:
    StreamCheck(const Chip& chip, const Configuration& configuration)
        : configuration_(configuration) {
        for (const ChipLayer& layer : chip.layers) {
            topologies_.push_back(as_waksman_topology(layer.lines()));
            const std::vector<int32_t> widths = topologies_.back().row_widths();
            bits_.emplace_back(static_cast<size_t>(layer.outputs), SwitchBits(widths));
            rows_seen_.emplace_back(static_cast<size_t>(layer.outputs) * widths.size(), false);
            registers_seen_.emplace_back(static_cast<size_t>(layer.outputs), false);
        }
        layer_seen_.resize(chip.layers.size(), false);
    }

    void take(const LoadRow& row) {
        const auto l = static_cast<size_t>(row.layer), j = static_cast<size_t>(row.neuron);
        if (l >= bits_.size() || j >= bits_[l].size())
            throw Error("load stream",
                        fmt::format("a row for {}, which the chip has not", place_of(l, j)));
        const LayerConfiguration& layer = configuration_.layers[l];
        switch (row.section) {
            case Section::switches:
                take_switches(row, l, j);
                break;
            case Section::neuron_registers:
                once(registers_seen_[l], j, place_of(l, j));
                same(row, row_of(layer.neurons[j]), place_of(l, j));
                break;
            case Section::layer_registers:
                once(layer_seen_, l, fmt::format("layer {}", l));
                same(row, row_of(layer.registers), fmt::format("layer {}", l));
                break;
            case Section::classes:
                if (classes_seen_) throw Error("load stream", "two rows of classes");
                classes_seen_ = true;
                same(row, {static_cast<uint32_t>(configuration_.classes)}, "classes");
                break;
        }
    }

    /// After the last row: everything came, and the switches realise `sources`.
    void finish(const std::vector<std::vector<Permutation>>& sources) const {
        if (!classes_seen_) throw Error("load stream", "no row of classes");
        for (size_t l = 0; l < bits_.size(); ++l) {
            if (!layer_seen_[l])
                throw Error(fmt::format("layer {}", l), "no registers in the load stream");
            for (size_t j = 0; j < bits_[l].size(); ++j) {
                if (!registers_seen_[l][j])
                    throw Error(place_of(l, j), "no registers in the load stream");
                for (int d = 0; d < bits_[l][j].row_count(); ++d)
                    if (bits_[l][j].width(d) > 0 && !rows_seen_[l][row_number(l, j, d)])
                        throw Error(
                            place_of(l, j),
                            fmt::format("no switch bits of stage {} in the load stream", d));
                if (evaluate(topologies_[l], bits_[l][j]) != sources[l][j])
                    throw Error(place_of(l, j), "its switch bits realise another wiring");
            }
        }
    }

  private:
    static void same(const LoadRow& row, const std::vector<uint32_t>& expected,
                     const std::string& where) {
        if (!std::ranges::equal(row.words, expected))
            throw Error(where, "the load stream carries other registers than the configuration");
    }

    static void once(std::vector<bool>& seen, size_t i, const std::string& where) {
        if (seen[i]) throw Error(where, "its registers are twice in the load stream");
        seen[i] = true;
    }

    void take_switches(const LoadRow& row, size_t l, size_t j) {
        SwitchBits& bits = bits_[l][j];
        if (row.stage >= bits.row_count() || rows_seen_[l][row_number(l, j, row.stage)])
            throw Error(place_of(l, j),
                        fmt::format("switch bits of stage {} twice, or of no stage", row.stage));
        rows_seen_[l][row_number(l, j, row.stage)] = true;
        const auto words = bits.words(row.stage);
        const int switches = bits.width(row.stage);
        if (row.words.size() != words.size())
            throw Error(place_of(l, j), fmt::format("stage {} has {} switches, its row {} words",
                                                    row.stage, switches, row.words.size()));
        if (switches % 32 != 0 && row.words.back() >> (switches % 32) != 0)
            throw Error(place_of(l, j), fmt::format("stage {}: padding is not zero", row.stage));
        std::ranges::copy(row.words, words.begin());
    }

    size_t row_number(size_t l, size_t j, int stage) const {
        return j * topologies_[l].stages.size() + static_cast<size_t>(stage);
    }

    const Configuration& configuration_;
    std::vector<Topology> topologies_;
    std::vector<std::vector<SwitchBits>> bits_;
    std::vector<std::vector<bool>> rows_seen_;  ///< of switch bits, per layer, neuron-major
    std::vector<std::vector<bool>> registers_seen_;
    std::vector<bool> layer_seen_;
    bool classes_seen_ = false;
};

}  // namespace

void verify_stream(const Chip& chip, const Configuration& configuration,
                   const std::vector<std::vector<Permutation>>& sources,
                   std::span<const uint32_t> words) {
    StreamCheck check(chip, configuration);
    for (const LoadRecord& record : read_load_records(words))
        for (const LoadRow& row : record.rows)
            check.take(row);
    check.finish(sources);
}

}  // namespace permloom
