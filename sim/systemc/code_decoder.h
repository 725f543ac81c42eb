/// From the code of a neuron's wiring to the entries of engine `serial`, cycle by cycle as
/// rtl/MICROARCHITECTURE.md says. A part of the configuration loader, which clocks it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/program/chip.h"

namespace permloom::systemc {

class CodeDecoder {
  public:
    /// An entry of a lane; `row` counts from the first one of its context.
    struct Entry {
        uint8_t lane = 0;
        uint32_t row = 0, word = 0;
    };
    /// What happens in a cycle.
    struct Cycle {
        bool takes_word = false;
        std::optional<Entry> entry = {};  ///< on the row bus in the next one
        bool ends = false;                ///< the neuron is done with
    };

    explicit CodeDecoder(const ChipLayer& layer);

    /// The cycle in which the code of a neuron begins.
    void start(uint32_t neuron);
    /// A cycle after it. `word`: the oldest that is there, or null.
    Cycle step(const uint32_t* word);
    /// The code was wrong.
    bool wrong() const { return wrong_; }

  private:
    enum class Phase { take, place, close, walk };
    struct Neuron {
        uint8_t lane = 0;
        uint32_t first_entry = 0;
        std::vector<int32_t> live_slots;
    };

    void place_neurons(const ChipLayer& layer);
    /// The next `bits` bits of the reader.
    uint32_t take(int bits);
    void take_digit();
    void take_line();
    /// More bits for the reader, of the word or behind the last one. True when it takes the word.
    bool fill(const uint32_t* word);
    bool take_word(uint32_t word);
    Cycle walk();

    Decoder kind_;
    uint32_t inputs_, lines_;
    int widest_, chunk_;  ///< F, G
    uint32_t words_;
    uint32_t padding_;                                 ///< bits of the last word that have to be 0
    std::vector<uint32_t> class_begins_, class_ends_;  ///< slots of level-map
    std::vector<Neuron> neurons_;

    Phase phase_ = Phase::take;
    const Neuron* neuron_ = nullptr;
    bool wrong_ = false;
    uint64_t bits_ = 0;  ///< of the reader, h of them
    int held_ = 0, part_ = 0;
    uint32_t words_left_ = 0;
    uint32_t index_ = 0;  ///< of a digit, of a line, of a live slot
    std::vector<uint32_t> next_of_class_;
    std::vector<uint32_t> source_;
};

}  // namespace permloom::systemc
