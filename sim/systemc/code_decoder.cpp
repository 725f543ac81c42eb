#include "sim/systemc/code_decoder.h"

#include <bit>

#include "compiler/base/bits.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/load_stream.h"

namespace permloom::systemc {

CodeDecoder::CodeDecoder(const ChipLayer& layer)
    : kind_(layer.decoder),
      inputs_(static_cast<uint32_t>(layer.inputs)),
      lines_(static_cast<uint32_t>(layer.lines())),
      widest_(ceil_log2(lines_)),
      chunk_(8),
      words_(static_cast<uint32_t>(code_words(layer))),
      source_(lines_) {
    const auto used = static_cast<int>(code_bits(layer) % 32);
    padding_ = used == 0 ? 0 : ~uint32_t{0} << used;
    if (kind_ == Decoder::level_map) {
        uint32_t begin = 0;
        for (const int32_t size : classes_of(layer.bank(0)).sizes()) {
            class_begins_.push_back(begin);
            begin += static_cast<uint32_t>(size);
            class_ends_.push_back(begin);
        }
        widest_ = ceil_log2(class_ends_.size());
        if (widest_ > chunk_) chunk_ = 16;
    }
    place_neurons(layer);
}

void CodeDecoder::place_neurons(const ChipLayer& layer) {
    uint32_t first = 0;
    const std::vector<int32_t> groups = group_entries(layer);
    for (int neuron = 0; neuron < layer.outputs; ++neuron) {
        const int lane = neuron % layer.lanes, group = neuron / layer.lanes;
        if (lane == 0 && group > 0)
            first += static_cast<uint32_t>(groups[static_cast<size_t>(group) - 1]);
        neurons_.push_back({static_cast<uint8_t>(lane), first, live_slots(layer, neuron)});
    }
}

void CodeDecoder::start(uint32_t neuron) {
    neuron_ = &neurons_[neuron];
    phase_ = Phase::take;
    wrong_ = false;
    bits_ = 0;
    held_ = part_ = 0;
    words_left_ = words_;
    index_ = 0;
    next_of_class_ = class_begins_;
}

CodeDecoder::Cycle CodeDecoder::step(const uint32_t* word) {
    if (phase_ == Phase::walk) return walk();
    bool closes = false;
    switch (phase_) {
        case Phase::take:
            if (held_ < widest_) break;
            if (kind_ == Decoder::level_map) {
                take_line();
                closes = ++index_ == lines_;
            } else {
                take_digit();
                phase_ = Phase::place;
            }
            break;
        case Phase::place:
            phase_ = ++index_ == lines_ ? Phase::close : Phase::take;
            break;
        default:
            closes = true;
    }
    if (!closes) return {.takes_word = fill(word)};
    phase_ = Phase::walk;
    index_ = 0;
    return {.takes_word = words_left_ > 0 && take_word(*word)};
}

uint32_t CodeDecoder::take(int bits) {
    const auto field = static_cast<uint32_t>(low_bits(bits_, bits));
    bits_ >>= bits;
    held_ -= bits;
    return field;
}

void CodeDecoder::take_digit() {
    const uint32_t digit = take(static_cast<int>(std::bit_width(index_)));
    if (digit > index_) {
        wrong_ = true;
        return;
    }
    source_[index_] = source_[digit];
    source_[digit] = index_;
}

void CodeDecoder::take_line() {
    const uint32_t of_class = take(widest_);
    if (of_class < class_ends_.size() && next_of_class_[of_class] < class_ends_[of_class])
        source_[next_of_class_[of_class]++] = index_;
    else
        wrong_ = true;
}

bool CodeDecoder::fill(const uint32_t* word) {
    if (held_ >= widest_ || (words_left_ > 0 && !word)) return false;
    if (words_left_ > 0) bits_ |= low_bits(uint64_t{*word} >> (chunk_ * part_), chunk_) << held_;
    held_ += chunk_;
    if (words_left_ == 0) return false;
    part_ = (part_ + 1) % (32 / chunk_);
    return part_ == 0 && take_word(*word);
}

bool CodeDecoder::take_word(uint32_t word) {
    if (--words_left_ == 0 && (word & padding_) != 0) wrong_ = true;
    return true;
}

CodeDecoder::Cycle CodeDecoder::walk() {
    if (wrong_ || index_ == neuron_->live_slots.size()) return {.ends = true};
    const uint32_t line = source_[static_cast<size_t>(neuron_->live_slots[index_])];
    const Entry entry{neuron_->lane, neuron_->first_entry + index_,
                      line < inputs_ ? line : (line - inputs_) | COMPLEMENT_ENTRY};
    ++index_;
    return {.entry = entry};
}

}  // namespace permloom::systemc
