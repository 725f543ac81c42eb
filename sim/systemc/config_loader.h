/// Reads load streams from the configuration port: compiler/program/FORMAT.md.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/device.h"
#include "sim/systemc/bundles.h"
#include "sim/systemc/channels.h"
#include "sim/systemc/code_decoder.h"

namespace permloom::systemc {

/// Checks every word in the cycle that takes it, sends the rows over the row bus, and keeps
/// `ctx_valid`, `load_error` and `loading`. Codes of wiring pass a decoder, whose entries go over
/// the row bus.
class ConfigLoader final : public sc_core::sc_module {
  public:
    sc_core::sc_in<bool> clk{"clk"}, rst_n{"rst_n"};
    sc_core::sc_in<bool> cfg_tvalid{"cfg_tvalid"}, cfg_tlast{"cfg_tlast"};
    sc_core::sc_in<uint32_t> cfg_tdata{"cfg_tdata"};
    sc_core::sc_out<bool> cfg_tready{"cfg_tready"};
    sc_core::sc_out<uint8_t> ctx_valid{"ctx_valid"}, load_error{"load_error"};
    sc_core::sc_out<bool> loading{"loading"};
    sc_core::sc_out<uint64_t> ctx_id{"ctx_id"};  ///< of contexts 0 and 1, 32 bits each
    sc_core::sc_in<uint8_t> busy{"busy"};        ///< bit c: images of context c are under way
    Out<Row> row{"row"};

    ConfigLoader(const sc_core::sc_module_name& name, const Chip& chip);

  private:
    SC_HAS_PROCESS(ConfigLoader);

    enum class State { header, wait, record, rows, crc, drop };

    /// What the loader knows of a layer.
    struct Shape {
        uint32_t neurons = 0;
        Section wiring{};                   ///< the section of its engine
        uint32_t wiring_rows = 0;           ///< of one stage
        uint32_t lane_entries = 0;          ///< behind a decoder
        std::vector<uint32_t> stage_words;  ///< of one row of each stage; 0: it has no rows
        uint32_t layer_words = 0;           ///< of the layer registers
        std::unique_ptr<CodeDecoder> decoder;
    };
    static Shape shape_of(const ChipLayer& layer);

    void edge();
    void reset();
    void take(uint32_t word, bool last);
    /// What is wrong with the word itself in the present state.
    LoadError fault(uint32_t word, bool last) const;
    LoadError header_fault(uint32_t word) const;
    LoadError base_fault(uint32_t word) const;
    LoadError record_fault(uint32_t word) const;
    LoadError address_fault(uint32_t word) const;
    bool at_end_marker(uint32_t word) const;
    /// Goes on after a word without error.
    void advance(uint32_t word);
    void advance_record(uint32_t word);
    void advance_row(uint32_t word);
    void advance_code(uint32_t word);
    /// A cycle of the decoder whose code is in hand.
    void decode();
    void forget_code();
    bool in_codes() const { return state_ == State::rows && section_ == Section::codes; }
    bool ready() const;
    Row& send_row();
    /// Rows of a stage, and words of one row, of the record in hand.
    uint32_t rows() const;
    uint32_t row_words() const;

    const uint64_t fingerprint_;
    const uint32_t contexts_;
    std::vector<Shape> shapes_;
    uint64_t total_rows_ = 0;

    State state_ = State::header;
    uint32_t index_ = 0;  ///< of the next word in the header, the record's head or the row
    uint32_t crc_ = 0;
    uint8_t target_ = 0, valid_ = 0;
    bool patch_ = false;
    std::array<uint32_t, 2> ids_{};  ///< CRC of the load that each context completed last
    LoadError error_ = LoadError::none;
    uint64_t rows_seen_ = 0;
    uint32_t layer_ = 0, row_ = 0, count_ = 0;  ///< `count_` rows of the record are to come
    Section section_{};
    uint8_t stage_ = 0;
    std::vector<uint32_t> data_;
    bool row_sent_ = false;  ///< the row bus carries a row in this cycle

    std::deque<uint32_t> held_;  ///< words of a code that no decoder has taken yet
    uint32_t neuron_ = 0;        ///< whose it is
    /// Its first word came in the last cycle; its decoder runs; its last word has come.
    bool starts_ = false, runs_ = false, decoding_ = false;
};

}  // namespace permloom::systemc
