#include "sim/systemc/config_loader.h"

#include <array>

#include "compiler/base/digest.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/program/engine_plan.h"

namespace permloom::systemc {
namespace {

constexpr uint32_t CLASSES_WORDS = 1;
constexpr size_t HELD_WORDS = 2;  ///< of a code

constexpr uint32_t words_for(size_t bits) {
    return static_cast<uint32_t>((bits + 31) / 32);
}

constexpr uint32_t bits_of(uint32_t word, int low, int count) {
    return (word >> low) & ((uint32_t{1} << count) - 1);
}

uint32_t crc32_word(uint32_t word, uint32_t crc) {
    const std::array<uint8_t, 4> bytes = {
        static_cast<uint8_t>(word), static_cast<uint8_t>(word >> 8),
        static_cast<uint8_t>(word >> 16), static_cast<uint8_t>(word >> 24)};
    return crc32(bytes, crc);
}

}  // namespace

ConfigLoader::ConfigLoader(const sc_core::sc_module_name& name, const Chip& chip)
    : sc_module(name),
      fingerprint_(low_word(fingerprint(chip))),
      contexts_(static_cast<uint32_t>(chip.contexts)) {
    for (const ChipLayer& layer : chip.layers) {
        const Shape& shape = shapes_.emplace_back(shape_of(layer));
        total_rows_ += shape.neurons + 1;
        for (const uint32_t words : shape.stage_words)
            if (words != 0) total_rows_ += shape.wiring_rows;
    }
    total_rows_ += 1;  // classes

    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

ConfigLoader::Shape ConfigLoader::shape_of(const ChipLayer& layer) {
    const EnginePlan plan = engine_plan(layer);
    Shape shape{.neurons = static_cast<uint32_t>(layer.outputs),
                .wiring = {},
                .wiring_rows = static_cast<uint32_t>(plan.wiring_rows),
                .lane_entries = 0,
                .stage_words = {},
                .layer_words = static_cast<uint32_t>(layer_register_words(layer.adds())),
                .decoder = nullptr};
    const auto stages = static_cast<size_t>(plan.wiring_stages);
    switch (layer.engine) {
        case Engine::folded:
        case Engine::spatial:
            shape.wiring = Section::switches;
            for (const auto& stage : as_waksman_topology(layer.lines()).stages)
                shape.stage_words.push_back(words_for(stage.size()));
            break;
        case Engine::serial:
            if (layer.decoder != Decoder::none) {
                shape.wiring = Section::codes;
                shape.lane_entries = shape.wiring_rows;
                shape.wiring_rows = shape.neurons;
                shape.stage_words = {static_cast<uint32_t>(code_words(layer))};
                shape.decoder = std::make_unique<CodeDecoder>(layer);
                break;
            }
            shape.wiring = Section::entries;
            shape.stage_words.assign(stages, shape.wiring_rows == 0 ? 0 : 1);
            break;
        case Engine::level:
            shape.wiring = Section::levels;
            shape.stage_words.assign(
                stages, words_for(static_cast<size_t>(layer.lanes * level_bits(layer))));
            break;
        case Engine::programmable:
            shape.wiring = Section::weights;
            shape.stage_words.assign(stages, 1);
            break;
    }
    return shape;
}

void ConfigLoader::edge() {
    if (row_sent_) {
        row->next().valid = false;
        row_sent_ = false;
    }
    if (!rst_n->read()) {
        reset();
    } else if (state_ == State::wait) {
        if (((busy->read() >> target_) & 1) == 0) {
            state_ = State::record;
            index_ = 0;
        }
    } else {
        const bool takes = cfg_tvalid->read() && ready();
        if (!takes && !in_codes()) return;
        if (in_codes()) decode();
        if (takes) take(cfg_tdata->read(), cfg_tlast->read());
        if (!in_codes()) forget_code();
    }
    cfg_tready->write(ready());
    ctx_valid->write(valid_);
    load_error->write(static_cast<uint8_t>(error_));
    loading->write(state_ != State::header || index_ != 0);
    ctx_id->write(ids_[0] | static_cast<uint64_t>(ids_[1]) << 32);
}

void ConfigLoader::reset() {
    state_ = State::header;
    index_ = 0;
    valid_ = 0;
    ids_ = {};
    error_ = LoadError::none;
    forget_code();
}

bool ConfigLoader::ready() const {
    return in_codes() ? held_.size() < HELD_WORDS && !decoding_ : state_ != State::wait;
}

void ConfigLoader::take(uint32_t word, bool last) {
    if (state_ == State::drop) {
        if (last) state_ = State::header;
        return;
    }
    if (state_ == State::header && index_ == 0) {
        error_ = LoadError::none;
        crc_ = 0;
        rows_seen_ = 0;
    }
    LoadError found = fault(word, last);
    if (found == LoadError::none && last && state_ != State::crc) found = LoadError::truncated;
    if (found != LoadError::none) {
        error_ = found;
        state_ = last ? State::header : State::drop;
        index_ = 0;
        return;
    }
    crc_ = crc32_word(word, crc_);
    advance(word);
}

LoadError ConfigLoader::fault(uint32_t word, bool last) const {
    switch (state_) {
        case State::header:
            return header_fault(word);
        case State::record:
            return record_fault(word);
        case State::crc:
            if (word != crc_) return LoadError::checksum;
            return last ? LoadError::none : LoadError::overrun;
        default:
            return LoadError::none;
    }
}

LoadError ConfigLoader::header_fault(uint32_t word) const {
    const auto unless = [](bool good, LoadError error) { return good ? LoadError::none : error; };
    switch (index_) {
        case 0:
            return unless(word == LOAD_MAGIC, LoadError::magic);
        case 1:
            if (bits_of(word, 0, 8) != LOAD_VERSION) return LoadError::version;
            return unless(bits_of(word, 8, 8) < contexts_ && (word & ~LOAD_PATCH) >> 16 == 0,
                          LoadError::header);
        case 2:
            return unless(word == static_cast<uint32_t>(fingerprint_), LoadError::fingerprint);
        case 3:
            return unless(word == fingerprint_ >> 32, LoadError::fingerprint);
        default:
            return patch_ ? base_fault(word) : unless(word == 0, LoadError::header);
    }
}

LoadError ConfigLoader::base_fault(uint32_t word) const {
    const bool valid = ((valid_ >> target_) & 1) != 0;
    const uint32_t base = index_ == 4 ? ids_[target_] : 0;
    return valid && word == base ? LoadError::none : LoadError::base;
}

LoadError ConfigLoader::record_fault(uint32_t word) const {
    if (at_end_marker(word)) {
        const bool enough = patch_ ? rows_seen_ > 0 : rows_seen_ == total_rows_;
        return enough ? LoadError::none : LoadError::incomplete;
    }
    bool good = false;
    switch (index_) {
        case 0:
            return address_fault(word);
        case 1: {
            const uint32_t first = bits_of(word, 0, 16), count = word >> 16;
            const bool per_layer =
                section_ == Section::layer_registers || section_ == Section::classes;
            good = per_layer ? first == 0 && count == 1 : count >= 1 && first + count <= rows();
            break;
        }
        default:
            good = word == row_words();
    }
    return good ? LoadError::none : LoadError::record;
}

LoadError ConfigLoader::address_fault(uint32_t word) const {
    const uint32_t layer = bits_of(word, 0, 16), stage = word >> 24;
    const auto section = static_cast<Section>(bits_of(word, 16, 8));
    bool good = layer < shapes_.size();
    switch (section) {
        case Section::switches:
        case Section::entries:
        case Section::levels:
        case Section::weights:
        case Section::codes:
            good = good && section == shapes_[layer].wiring &&
                   stage < shapes_[layer].stage_words.size() &&
                   shapes_[layer].stage_words[stage] != 0;
            break;
        case Section::neuron_registers:
        case Section::layer_registers:
            good = good && stage == 0;
            break;
        case Section::classes:
            good = layer == 0 && stage == 0;
            break;
        default:
            good = false;
    }
    return good ? LoadError::none : LoadError::record;
}

bool ConfigLoader::at_end_marker(uint32_t word) const {
    return state_ == State::record && index_ == 0 && word == LOAD_END;
}

void ConfigLoader::advance(uint32_t word) {
    switch (state_) {
        case State::header:
            if (index_ == 1) {
                target_ = static_cast<uint8_t>(bits_of(word, 8, 8));
                patch_ = (word & LOAD_PATCH) != 0;
            }
            if (++index_ < LOAD_HEADER_WORDS) return;
            valid_ = static_cast<uint8_t>(valid_ & ~(1U << target_));
            state_ = State::wait;
            return;
        case State::record:
            advance_record(word);
            return;
        case State::rows:
            if (section_ == Section::codes)
                advance_code(word);
            else
                advance_row(word);
            return;
        case State::crc:
            valid_ = static_cast<uint8_t>(valid_ | (1U << target_));
            ids_[target_] = word;
            state_ = State::header;
            index_ = 0;
            return;
        default:
            return;
    }
}

void ConfigLoader::advance_record(uint32_t word) {
    if (at_end_marker(word)) {
        state_ = State::crc;
        return;
    }
    if (index_ == 0) {
        layer_ = bits_of(word, 0, 16);
        section_ = static_cast<Section>(bits_of(word, 16, 8));
        stage_ = static_cast<uint8_t>(word >> 24);
    } else if (index_ == 1) {
        row_ = bits_of(word, 0, 16);
        count_ = word >> 16;
    }
    if (++index_ < LOAD_RECORD_WORDS) return;
    state_ = State::rows;
    index_ = 0;
    data_.assign(row_words(), 0);
}

void ConfigLoader::advance_row(uint32_t word) {
    data_[index_] = word;
    if (++index_ < data_.size()) return;
    index_ = 0;
    Row& out = send_row();
    out.section = section_;
    out.stage = stage_;
    out.addr = target_ * rows() + row_;
    out.data = data_;
    ++rows_seen_;
    ++row_;
    if (--count_ == 0) state_ = State::record;
}

Row& ConfigLoader::send_row() {
    Row& out = row->next();
    out.valid = true;
    out.ctx = target_;
    out.layer = layer_;
    row_sent_ = true;
    return out;
}

void ConfigLoader::advance_code(uint32_t word) {
    held_.push_back(word);
    if (index_ == 0) {
        neuron_ = row_;
        starts_ = true;
    }
    if (++index_ < row_words()) return;
    index_ = 0;
    decoding_ = true;
    ++rows_seen_;
    ++row_;
    --count_;
}

void ConfigLoader::decode() {
    const Shape& shape = shapes_[layer_];
    if (starts_) {
        shape.decoder->start(neuron_);
        starts_ = false;
        runs_ = true;
        return;
    }
    if (!runs_) return;
    const CodeDecoder::Cycle cycle = shape.decoder->step(held_.empty() ? nullptr : &held_.front());
    if (cycle.takes_word) held_.pop_front();
    if (cycle.entry) {
        Row& out = send_row();
        out.section = Section::entries;
        out.stage = cycle.entry->lane;
        out.addr = target_ * shape.lane_entries + cycle.entry->row;
        out.data = {cycle.entry->word};
    }
    if (!cycle.ends) return;
    forget_code();
    if (shape.decoder->wrong()) {
        error_ = LoadError::code;
        state_ = State::drop;
    } else if (count_ == 0) {
        state_ = State::record;
    }
}

void ConfigLoader::forget_code() {
    held_.clear();
    starts_ = runs_ = decoding_ = false;
}

uint32_t ConfigLoader::rows() const {
    const Shape& shape = shapes_[layer_];
    return section_ == shape.wiring ? shape.wiring_rows : shape.neurons;
}

uint32_t ConfigLoader::row_words() const {
    switch (section_) {
        case Section::switches:
        case Section::entries:
        case Section::levels:
        case Section::weights:
        case Section::codes:
            return shapes_[layer_].stage_words[stage_];
        case Section::neuron_registers:
            return NEURON_REGISTER_WORDS;
        case Section::layer_registers:
            return shapes_[layer_].layer_words;
        default:
            return CLASSES_WORDS;
    }
}

}  // namespace permloom::systemc
