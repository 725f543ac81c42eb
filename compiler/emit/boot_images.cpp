#include "compiler/emit/boot_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "compiler/base/bits.h"
#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/rng.h"
#include "compiler/emit/vectors.h"
#include "compiler/perm/as_waksman.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/expand.h"
#include "compiler/program/load_stream.h"

namespace permloom {
namespace {

constexpr char BOOT_IMAGE[] = "boot.hex";

std::string wiring_image_name(size_t layer, size_t stage) {
    return fmt::format("wiring_{:03}_{:03}.hex", layer, stage);
}

/// One wiring memory: rows of `width` bits for all contexts.
struct Memory {
    size_t layer = 0, stage = 0;
    int width = 0;
    size_t rows = 0;  ///< of one context
};

/// Bits that a stage stores of a row of the load stream; 0: the stage has no rows.
int stored_bits(const ChipLayer& layer, int stage) {
    switch (layer.engine) {
        case Engine::folded:
            return as_waksman_topology(layer.lines()).row_widths()[static_cast<size_t>(stage)];
        case Engine::serial:
            return std::max(1, ceil_log2(static_cast<uint64_t>(layer.inputs))) +
                   (layer.rail == Rail::dual ? 1 : 0);
        case Engine::level:
            return layer.lanes * level_bits(layer);
    }
    return 0;
}

std::vector<Memory> memories_of(const Chip& chip) {
    std::vector<Memory> memories;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        const EnginePlan plan = engine_plan(chip.layers[l]);
        for (int stage = 0; stage < plan.wiring_stages && plan.wiring_rows > 0; ++stage)
            memories.push_back({l, static_cast<size_t>(stage), stored_bits(chip.layers[l], stage),
                                static_cast<size_t>(plan.wiring_rows)});
    }
    return memories;
}

/// A record of a load stream, its rows end to end.
struct Record {
    Section section{};
    size_t layer = 0, stage = 0, first = 0, row_words = 0;
    std::span<const uint32_t> head, rows;
};

std::vector<Record> records_of(std::span<const uint32_t> words) {
    std::vector<Record> records;
    for (size_t at = LOAD_HEADER_WORDS; words[at] != LOAD_END;) {
        Record record;
        record.section = static_cast<Section>(words[at] >> 16 & 0xff);
        record.layer = words[at] & 0xffff;
        record.stage = words[at] >> 24;
        record.first = words[at + 1] & 0xffff;
        record.row_words = words[at + 2];
        record.head = words.subspan(at, LOAD_RECORD_WORDS);
        record.rows =
            words.subspan(at + LOAD_RECORD_WORDS, (words[at + 1] >> 16) * record.row_words);
        at += record.head.size() + record.rows.size();
        records.push_back(record);
    }
    return records;
}

bool is_wiring(Section section) {
    return section == Section::switches || section == Section::entries ||
           section == Section::levels;
}

uint32_t crc_of(std::span<const uint32_t> words) {
    std::vector<uint8_t> bytes;
    for (const uint32_t word : words)
        for (int shift = 0; shift < 32; shift += 8)
            bytes.push_back(static_cast<uint8_t>(word >> shift));
    return crc32(bytes);
}

/// The low `width` bits of a row, as $readmemh reads them.
std::string hex_row(std::span<const uint32_t> words, int width) {
    std::string text;
    for (int digit = (width + 3) / 4 - 1; digit >= 0; --digit) {
        const auto word = static_cast<size_t>(digit / 8);
        uint32_t value = words[word] >> (digit % 8 * 4) & 0xf;
        if (const int left = width - digit * 4; left < 4) value &= (1U << left) - 1;
        text += fmt::format("{:x}", value);
    }
    return text + "\n";
}

/// An entry as the chip stores it: the input, above it the mark of the complement.
uint32_t stored_entry(uint32_t word, int width) {
    return (word & COMPLEMENT_ENTRY) != 0 ? (word & 0xffff) | 1U << (width - 1) : word;
}

std::string image_of(const Memory& memory, const Record& record, int contexts) {
    PERMLOOM_ASSERT(record.first == 0 && record.rows.size() == memory.rows * record.row_words);
    std::string text;
    for (size_t row = 0; row < memory.rows; ++row) {
        std::vector<uint32_t> words(record.rows.begin() + static_cast<std::ptrdiff_t>(
                                                              row * record.row_words),
                                    record.rows.begin() + static_cast<std::ptrdiff_t>(
                                                              (row + 1) * record.row_words));
        if (record.section == Section::entries)
            words.front() = stored_entry(words.front(), memory.width);
        text += hex_row(words, memory.width);
    }
    const std::vector<uint32_t> zero(static_cast<size_t>((memory.width + 31) / 32), 0);
    for (size_t row = memory.rows; row < memory.rows * static_cast<size_t>(contexts); ++row)
        text += hex_row(zero, memory.width);
    return text;
}

}  // namespace

std::vector<uint32_t> boot_stream(const Chip& chip, const Configuration& configuration) {
    const LoadStream load = expand(chip, configuration);
    std::vector<uint32_t> words(load.words.begin(), load.words.begin() + LOAD_HEADER_WORDS);
    for (const Record& record : records_of(load.words)) {
        if (is_wiring(record.section)) continue;
        words.insert(words.end(), record.head.begin(), record.head.end());
        words.insert(words.end(), record.rows.begin(), record.rows.end());
    }
    words.push_back(LOAD_END);
    words.push_back(crc_of(words));
    return words;
}

std::vector<EmittedFile> boot_images(const Chip& chip, const Configuration& configuration) {
    const LoadStream load = expand(chip, configuration);
    std::map<std::pair<size_t, size_t>, Record> wiring;
    for (const Record& record : records_of(load.words))
        if (is_wiring(record.section)) wiring[{record.layer, record.stage}] = record;
    std::vector<EmittedFile> files;
    for (const Memory& memory : memories_of(chip))
        files.push_back({wiring_image_name(memory.layer, memory.stage),
                         image_of(memory, wiring.at({memory.layer, memory.stage}), chip.contexts)});
    files.push_back({BOOT_IMAGE, hex_words(boot_stream(chip, configuration))});
    return files;
}

std::vector<EmittedFile> blank_images(const Chip& chip) {
    Rng random(low_word(fingerprint(chip)));
    std::vector<EmittedFile> files;
    const auto random_words = [&](size_t count) {
        std::vector<uint32_t> words(count);
        for (uint32_t& word : words)
            word = static_cast<uint32_t>(random.next() >> 32);
        return words;
    };
    for (const Memory& memory : memories_of(chip)) {
        std::string text;
        for (size_t row = 0; row < memory.rows * static_cast<size_t>(chip.contexts); ++row)
            text += hex_row(random_words(static_cast<size_t>((memory.width + 31) / 32)),
                            memory.width);
        files.push_back({wiring_image_name(memory.layer, memory.stage), std::move(text)});
    }
    // Registers of every neuron and layer, classes, each with the head of its record; frame.
    size_t words = LOAD_HEADER_WORDS + 2 + LOAD_RECORD_WORDS + 1;
    for (const ChipLayer& layer : chip.layers)
        words += LOAD_RECORD_WORDS +
                 static_cast<size_t>(layer.outputs) * NEURON_REGISTER_WORDS + LOAD_RECORD_WORDS +
                 LAYER_REGISTER_WORDS;
    files.push_back({BOOT_IMAGE, hex_words(random_words(words))});
    return files;
}

}  // namespace permloom
