#include "compiler/passes/verify_wiring.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "compiler/base/error.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/perm/evaluate.h"

namespace permloom {
namespace {

std::string place_of(size_t layer, size_t neuron) {
    return fmt::format("layer {}, neuron {}", layer, neuron);
}

/// Engines folded and spatial: the switch bits passed through the topology realise the sources.
class SwitchCheck final : public WiringCheck {
  public:
    SwitchCheck(const ChipLayer& layer, size_t index)
        : index_(index), topology_(as_waksman_topology(layer.lines())) {
        const std::vector<int32_t> widths = topology_.row_widths();
        bits_.assign(static_cast<size_t>(layer.outputs), SwitchBits(widths));
        seen_.assign(bits_.size() * widths.size(), false);
    }

    Section section() const override { return Section::switches; }

    void take(const LoadRow& row) override {
        const auto j = static_cast<size_t>(row.neuron);
        if (j >= bits_.size())
            throw Error("load stream",
                        fmt::format("a row for {}, which the chip has not", place_of(index_, j)));
        SwitchBits& bits = bits_[j];
        if (row.stage >= bits.row_count() || seen_[row_number(j, row.stage)])
            throw Error(place_of(index_, j),
                        fmt::format("switch bits of stage {} twice, or of no stage", row.stage));
        seen_[row_number(j, row.stage)] = true;
        const auto words = bits.words(row.stage);
        const int switches = bits.width(row.stage);
        if (row.words.size() != words.size())
            throw Error(place_of(index_, j),
                        fmt::format("stage {} has {} switches, its row {} words", row.stage,
                                    switches, row.words.size()));
        if (switches % 32 != 0 && row.words.back() >> (switches % 32) != 0)
            throw Error(place_of(index_, j),
                        fmt::format("stage {}: padding is not zero", row.stage));
        std::ranges::copy(row.words, words.begin());
    }

    void finish(const std::vector<Permutation>& sources) const override {
        for (size_t j = 0; j < bits_.size(); ++j) {
            for (int d = 0; d < bits_[j].row_count(); ++d)
                if (bits_[j].width(d) > 0 && !seen_[row_number(j, d)])
                    throw Error(place_of(index_, j),
                                fmt::format("no switch bits of stage {} in the load stream", d));
            if (evaluate(topology_, bits_[j]) != sources[j])
                throw Error(place_of(index_, j), "its switch bits realise another wiring");
        }
    }

  private:
    size_t row_number(size_t j, int stage) const {
        return j * topology_.stages.size() + static_cast<size_t>(stage);
    }

    size_t index_;
    Topology topology_;
    std::vector<SwitchBits> bits_;
    std::vector<bool> seen_;  ///< neuron-major
};

/// Rows of one word list each, kept by stage and row; every one comes once.
class RowTable {
  public:
    RowTable(size_t index, int stages, int rows, int row_words)
        : index_(index),
          rows_(static_cast<size_t>(rows)),
          row_words_(static_cast<size_t>(row_words)),
          words_(static_cast<size_t>(stages) * rows_) {}

    void take(const LoadRow& row) {
        const auto r = static_cast<size_t>(row.neuron);
        const size_t at = static_cast<size_t>(row.stage) * rows_ + r;
        if (r >= rows_ || at >= words_.size() || !words_[at].empty())
            throw Error(fmt::format("layer {}", index_),
                        fmt::format("wiring row {} of stage {} twice, or of no such place",
                                    row.neuron, row.stage));
        if (row.words.size() != row_words_)
            throw Error(fmt::format("layer {}", index_),
                        fmt::format("a wiring row has {} words, {} expected", row.words.size(),
                                    row_words_));
        words_[at].assign(row.words.begin(), row.words.end());
    }

    const std::vector<uint32_t>& row(size_t stage, size_t row) const {
        const std::vector<uint32_t>& words = words_[stage * rows_ + row];
        if (words.empty())
            throw Error(fmt::format("layer {}", index_),
                        fmt::format("no wiring row {} of stage {} in the load stream", row, stage));
        return words;
    }

  private:
    size_t index_, rows_, row_words_;
    std::vector<std::vector<uint32_t>> words_;
};

/// Engine serial: the entries of a lane name, group after group, the lines of its live devices.
class EntryCheck final : public WiringCheck {
  public:
    EntryCheck(const ChipLayer& layer, size_t index)
        : layer_(layer), index_(index), rows_(index, layer.lanes, lane_entries(layer), 1) {}

    Section section() const override { return Section::entries; }
    void take(const LoadRow& row) override { rows_.take(row); }

    void finish(const std::vector<Permutation>& sources) const override {
        size_t first = 0;
        for (int group = 0; group < layer_.outputs; group += layer_.lanes) {
            const auto most = static_cast<size_t>(group_most(layer_, group));
            for (int lane = 0; lane < layer_.lanes; ++lane) {
                const std::vector<uint32_t> lines =
                    group + lane < layer_.outputs
                        ? live_lines(group + lane, sources[static_cast<size_t>(group + lane)])
                        : std::vector<uint32_t>{};
                for (size_t k = 0; k < most; ++k)
                    if (rows_.row(static_cast<size_t>(lane), first + k).front() !=
                        (k < lines.size() ? lines[k] : 0U))
                        throw Error(place_of(index_, static_cast<size_t>(group + lane)),
                                    fmt::format("entry {} names another line", k));
            }
            first += most;
        }
    }

  private:
    static int live(const ChipLayer& layer, int neuron) {
        int count = 0;
        for (const int32_t device : layer.bank(neuron))
            count += device != 0 ? 1 : 0;
        return count;
    }
    static int group_most(const ChipLayer& layer, int first) {
        int most = 0;
        for (int j = first; j < std::min(first + layer.lanes, layer.outputs); ++j)
            most = std::max(most, live(layer, j));
        return most;
    }
    static int lane_entries(const ChipLayer& layer) {
        int entries = 0;
        for (int group = 0; group < layer.outputs; group += layer.lanes)
            entries += group_most(layer, group);
        return entries;
    }

    /// As entries spell them, in the order of the slots.
    std::vector<uint32_t> live_lines(int neuron, const Permutation& source) const {
        std::vector<uint32_t> lines;
        const auto bank = layer_.bank(neuron);
        for (int slot = 0; slot < layer_.lines(); ++slot) {
            if (bank[static_cast<size_t>(slot)] == 0) continue;
            const bool complement = source[slot] >= layer_.inputs;
            lines.push_back(static_cast<uint32_t>(source[slot] - (complement ? layer_.inputs : 0)) |
                            (complement ? COMPLEMENT_ENTRY : 0U));
        }
        return lines;
    }

    const ChipLayer& layer_;
    size_t index_;
    RowTable rows_;
};

/// A decoder on the chip: what its algorithm makes of every code is the source, but for the order
/// of lines on equal devices, which it need not know.
class CodeCheck final : public WiringCheck {
  public:
    CodeCheck(const ChipLayer& layer, size_t index)
        : layer_(layer), index_(index), rows_(index, 1, layer.outputs, row_words(layer)) {}

    Section section() const override { return Section::codes; }
    void take(const LoadRow& row) override { rows_.take(row); }

    void finish(const std::vector<Permutation>& sources) const override {
        for (size_t j = 0; j < sources.size(); ++j) {
            const std::vector<uint32_t>& words = rows_.row(0, j);
            Bits bits{words};
            const std::vector<int32_t> wired =
                layer_.decoder == Decoder::level_map ? sort_by_class(j, bits) : shuffle(j, bits);
            if (!std::ranges::equal(wired, sources[j].values()))
                throw Error(place_of(index_, j), "its code is that of another wiring");
            while (bits.at < words.size() * 32)
                if (bits.next(1) != 0)
                    throw Error(place_of(index_, j), "padding of its code is not zero");
        }
    }

  private:
    struct Bits {
        const std::vector<uint32_t>& words;
        size_t at = 0;
        uint32_t next(int count) {
            uint32_t value = 0;
            for (int i = 0; i < count; ++i, ++at)
                value |= (words[at / 32] >> (at % 32) & 1) << i;
            return value;
        }
    };

    static int bits_below(size_t count) {
        int bits = 0;
        while ((size_t{1} << bits) < count)
            ++bits;
        return bits;
    }
    static size_t class_count(const ChipLayer& layer) {
        const auto bank = layer.bank(0);
        return std::set<int32_t>(bank.begin(), bank.end()).size();
    }
    static int row_words(const ChipLayer& layer) {
        size_t bits = 0;
        for (size_t line = 0; line < static_cast<size_t>(layer.lines()); ++line)
            bits += static_cast<size_t>(layer.decoder == Decoder::level_map
                                            ? bits_below(class_count(layer))
                                            : bits_below(line + 1));
        return static_cast<int>((bits + 31) / 32);
    }

    /// factorial-stream: digit i says where value i goes; what was there moves to place i.
    std::vector<int32_t> shuffle(size_t neuron, Bits& bits) const {
        std::vector<int32_t> places;
        for (int32_t i = 0; i < layer_.lines(); ++i) {
            const uint32_t digit = bits.next(bits_below(static_cast<size_t>(i) + 1));
            if (digit > static_cast<uint32_t>(i))
                throw Error(place_of(index_, neuron), fmt::format("digit {} is out of range", i));
            places.push_back(i);
            std::swap(places.back(), places[digit]);
        }
        return places;
    }

    /// level-map: lines of a class in ascending order, class after class.
    std::vector<int32_t> sort_by_class(size_t neuron, Bits& bits) const {
        const auto bank = layer_.bank(static_cast<int>(neuron));
        std::map<int32_t, std::vector<int32_t>> lines;
        const std::set<int32_t> values(bank.begin(), bank.end());
        for (int32_t line = 0; line < layer_.lines(); ++line) {
            const uint32_t number = bits.next(bits_below(values.size()));
            if (number >= values.size())
                throw Error(place_of(index_, neuron), fmt::format("line {} has no class", line));
            lines[*std::next(values.begin(), number)].push_back(line);
        }
        std::vector<int32_t> wired;
        for (const auto& [value, of_class] : lines) {
            if (std::ranges::count(bank, value) != std::ssize(of_class))
                throw Error(
                    place_of(index_, neuron),
                    fmt::format("its code does not use device {} as often as it has it", value));
            wired.insert(wired.end(), of_class.begin(), of_class.end());
        }
        return wired;
    }

    const ChipLayer& layer_;
    size_t index_;
    RowTable rows_;
};

/// Engine level: the level of every line is that of the device that the sources wire to it, and all
/// other bits are 0.
class LevelCheck final : public WiringCheck {
  public:
    LevelCheck(const ChipLayer& layer, size_t index)
        : layer_(layer),
          index_(index),
          bits_(field_bits(layer)),
          pass_((layer.inputs + layer.lanes - 1) / layer.lanes),
          rows_(index, layer.outputs, pass_ * (layer.lines() / layer.inputs),
                (layer.lanes * bits_ + 31) / 32) {}

    Section section() const override { return Section::levels; }
    void take(const LoadRow& row) override { rows_.take(row); }

    void finish(const std::vector<Permutation>& sources) const override {
        for (size_t j = 0; j < sources.size(); ++j) {
            const std::vector<std::vector<uint32_t>> expected =
                expected_rows(static_cast<int>(j), sources[j]);
            for (size_t step = 0; step < expected.size(); ++step)
                if (rows_.row(j, step) != expected[step])
                    throw Error(place_of(index_, j),
                                fmt::format("step {} of its level map is another one", step));
        }
    }

  private:
    static int field_bits(const ChipLayer& layer) {
        int bits = 1;
        for (int bank = 0; bank < layer.banks(); ++bank) {
            const auto devices = layer.bank(bank);
            const std::set<int32_t> distinct(devices.begin(), devices.end());
            while ((size_t{1} << bits) < distinct.size())
                ++bits;
        }
        return bits;
    }

    std::vector<std::vector<uint32_t>> expected_rows(int neuron, const Permutation& source) const {
        const auto bank = layer_.bank(neuron);
        const std::set<int32_t> values(bank.begin(), bank.end());
        const auto words = static_cast<size_t>((layer_.lanes * bits_ + 31) / 32);
        std::vector<std::vector<uint32_t>> rows(
            static_cast<size_t>(pass_ * (layer_.lines() / layer_.inputs)),
            std::vector<uint32_t>(words, 0));
        for (int slot = 0; slot < layer_.lines(); ++slot) {
            const int half = source[slot] / layer_.inputs, input = source[slot] % layer_.inputs;
            const auto level =
                std::distance(values.begin(), values.find(bank[static_cast<size_t>(slot)]));
            std::vector<uint32_t>& row =
                rows[static_cast<size_t>(half * pass_ + input / layer_.lanes)];
            for (int bit = 0; bit < bits_; ++bit) {
                const auto at = static_cast<size_t>(input % layer_.lanes * bits_ + bit);
                row[at / 32] |= static_cast<uint32_t>(level >> bit & 1) << (at % 32);
            }
        }
        return rows;
    }

    const ChipLayer& layer_;
    size_t index_;
    int bits_, pass_;
    RowTable rows_;
};

/// Engine programmable: every weight is the device, on rail dual the difference of the two devices,
/// that the sources wire to its input, and all other bits are 0.
class WeightCheck final : public WiringCheck {
  public:
    WeightCheck(const ChipLayer& layer, size_t index)
        : layer_(layer),
          index_(index),
          bits_(layer.device_bits + (layer.rail == Rail::dual ? 1 : 0)),
          in_row_(most_in_row(bits_)),
          groups_((layer.outputs + layer.lanes - 1) / layer.lanes),
          rows_(index, layer.lanes, (groups_ * layer.inputs + in_row_ - 1) / in_row_, 1) {}

    Section section() const override { return Section::weights; }
    void take(const LoadRow& row) override { rows_.take(row); }

    void finish(const std::vector<Permutation>& sources) const override {
        for (int lane = 0; lane < layer_.lanes; ++lane) {
            // Weight by weight, and whatever the last row holds behind them.
            const int places = (groups_ * layer_.inputs + in_row_ - 1) / in_row_ * in_row_;
            std::vector<int64_t> expected;
            for (int j = lane; j < layer_.outputs; j += layer_.lanes)
                for (const int64_t weight :
                     weights_by_input(j, sources[static_cast<size_t>(j)].inverse()))
                    expected.push_back(weight);
            expected.resize(static_cast<size_t>(places), 0);
            for (int place = 0; place < places; ++place)
                if (weight_at(lane, place) != expected[static_cast<size_t>(place)])
                    throw Error(place_of(index_, static_cast<size_t>(
                                                     place / layer_.inputs * layer_.lanes + lane)),
                                fmt::format("weight {} is another one", place % layer_.inputs));
            for (int row = 0; row < places / in_row_; ++row)
                if (in_row_ * bits_ < 32 && row_of(lane, row) >> (in_row_ * bits_) != 0)
                    throw Error(fmt::format("layer {}, lane {}", index_, lane),
                                fmt::format("padding of row {} is not zero", row));
        }
    }

    int64_t added_bias(size_t j, const Permutation& source) const override {
        if (layer_.rail != Rail::dual) return 0;
        const Permutation slot_of = source.inverse();
        int64_t sum = 0;
        for (int line = layer_.inputs; line < layer_.lines(); ++line)
            sum += layer_.bank(static_cast<int>(j))[static_cast<size_t>(slot_of[line])];
        return sum * layer_.in_hi();
    }

  private:
    static int most_in_row(int bits) {
        int count = 1;
        while (2 * count * bits <= 32)
            count *= 2;
        return count;
    }

    std::vector<int64_t> weights_by_input(int neuron, const Permutation& slot_of) const {
        const auto bank = layer_.bank(neuron);
        std::vector<int64_t> weights;
        for (int input = 0; input < layer_.inputs; ++input) {
            int64_t weight = bank[static_cast<size_t>(slot_of[input])];
            if (layer_.rail == Rail::dual)
                weight -= bank[static_cast<size_t>(slot_of[input + layer_.inputs])];
            weights.push_back(weight);
        }
        return weights;
    }

    uint32_t row_of(int lane, int row) const {
        return rows_.row(static_cast<size_t>(lane), static_cast<size_t>(row)).front();
    }

    /// Two's complement of `bits_` bits.
    int64_t weight_at(int lane, int place) const {
        const uint64_t modulus = uint64_t{1} << bits_;
        const uint64_t field =
            (row_of(lane, place / in_row_) >> (place % in_row_ * bits_)) % modulus;
        return static_cast<int64_t>(field) -
               (field >= modulus / 2 ? static_cast<int64_t>(modulus) : 0);
    }

    const ChipLayer& layer_;
    size_t index_;
    int bits_, in_row_, groups_;
    RowTable rows_;
};

}  // namespace

std::unique_ptr<WiringCheck> wiring_check(const ChipLayer& layer, size_t index) {
    switch (layer.engine) {
        case Engine::folded:
        case Engine::spatial:
            return std::make_unique<SwitchCheck>(layer, index);
        case Engine::serial:
            if (layer.decoder != Decoder::none) return std::make_unique<CodeCheck>(layer, index);
            return std::make_unique<EntryCheck>(layer, index);
        case Engine::level:
            return std::make_unique<LevelCheck>(layer, index);
        case Engine::programmable:
            return std::make_unique<WeightCheck>(layer, index);
    }
    PERMLOOM_ASSERT(false);
    return nullptr;
}

}  // namespace permloom
