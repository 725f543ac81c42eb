#include "compiler/passes/verify_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "compiler/base/error.h"
#include "compiler/passes/load_rows.h"
#include "compiler/passes/verify_wiring.h"

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

/// `added` to b when it is loaded.
std::vector<uint32_t> row_of(const NeuronRegisters& registers, int64_t added) {
    return {low_half(registers.b + added), low_half(registers.m), low_half(registers.c),
            high_half(registers.c)};
}

std::vector<uint32_t> row_of(const LayerRegisters& registers, bool adds) {
    const auto word = [](int low, int high, int shift) {
        return static_cast<uint32_t>(low) | static_cast<uint32_t>(high) << shift;
    };
    std::vector<uint32_t> row = {word(registers.s, registers.relu ? 1 : 0, 8),
                                 word(registers.z, registers.lo, 16),
                                 static_cast<uint32_t>(registers.hi)};
    if (adds) row.push_back(low_half(registers.m2));
    return row;
}

/// Checks the registers on the way and hands the wiring to its layer.
class StreamCheck {
  public:
    StreamCheck(const Chip& chip, const Configuration& configuration,
                const std::vector<std::vector<Permutation>>& sources)
        : configuration_(configuration), sources_(sources) {
        for (size_t l = 0; l < chip.layers.size(); ++l) {
            wiring_.push_back(wiring_check(chip.layers[l], l));
            adds_.push_back(chip.layers[l].adds());
            registers_seen_.emplace_back(static_cast<size_t>(chip.layers[l].outputs), false);
        }
        layer_seen_.resize(chip.layers.size(), false);
    }

    void take(const LoadRow& row) {
        const auto l = static_cast<size_t>(row.layer), j = static_cast<size_t>(row.neuron);
        if (l >= wiring_.size())
            throw Error("load stream",
                        fmt::format("a row for layer {}, which the chip has not", l));
        const LayerConfiguration& layer = configuration_.layers[l];
        switch (row.section) {
            case Section::switches:
            case Section::entries:
            case Section::levels:
            case Section::weights:
            case Section::codes:
                if (row.section != wiring_[l]->section())
                    throw Error(fmt::format("layer {}", l), "wiring of another engine");
                wiring_[l]->take(row);
                break;
            case Section::neuron_registers:
                if (j >= registers_seen_[l].size())
                    throw Error("load stream", fmt::format("a row for {}, which the chip has not",
                                                           place_of(l, j)));
                once(registers_seen_[l], j, place_of(l, j));
                same(row, row_of(layer.neurons[j], wiring_[l]->added_bias(j, sources_[l][j])),
                     place_of(l, j));
                break;
            case Section::layer_registers:
                once(layer_seen_, l, fmt::format("layer {}", l));
                same(row, row_of(layer.registers, adds_[l]), fmt::format("layer {}", l));
                break;
            case Section::classes:
                if (classes_seen_) throw Error("load stream", "two rows of classes");
                classes_seen_ = true;
                same(row, {static_cast<uint32_t>(configuration_.classes)}, "classes");
                break;
        }
    }

    /// After the last row: everything came, and the wiring is that of the sources.
    void finish() const {
        if (!classes_seen_) throw Error("load stream", "no row of classes");
        for (size_t l = 0; l < wiring_.size(); ++l) {
            if (!layer_seen_[l])
                throw Error(fmt::format("layer {}", l), "no registers in the load stream");
            for (size_t j = 0; j < registers_seen_[l].size(); ++j)
                if (!registers_seen_[l][j])
                    throw Error(place_of(l, j), "no registers in the load stream");
            wiring_[l]->finish(sources_[l]);
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

    const Configuration& configuration_;
    const std::vector<std::vector<Permutation>>& sources_;
    std::vector<std::unique_ptr<WiringCheck>> wiring_;
    std::vector<bool> adds_;
    std::vector<std::vector<bool>> registers_seen_;
    std::vector<bool> layer_seen_;
    bool classes_seen_ = false;
};

}  // namespace

void verify_stream(const Chip& chip, const Configuration& configuration,
                   const std::vector<std::vector<Permutation>>& sources,
                   std::span<const uint32_t> words) {
    StreamCheck check(chip, configuration, sources);
    for (const LoadRecord& record : read_load_records(words))
        for (const LoadRow& row : record.rows)
            check.take(row);
    check.finish();
}

}  // namespace permloom
