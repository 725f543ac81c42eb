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
#include "compiler/perm/code.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/load_records.h"

namespace permloom {
namespace {

constexpr char BOOT_IMAGE[] = "boot.hex", SLICES[] = "slices.hex", REST[] = "rest.hex";
/// Rows of a block RAM of the iCE40 in its widest form: memories are filled up to whole ones.
constexpr size_t BLOCK_ROWS = 256;

std::string wiring_image_name(size_t layer, size_t stage) {
    return fmt::format("wiring_{:03}_{:03}.hex", layer, stage);
}

/// One wiring memory: rows of `width` bits for all contexts.
struct Memory {
    size_t layer = 0, stage = 0;
    int width = 0;
    size_t rows = 0;  ///< of one context
};

/// Bits that a stage stores of a row of the load stream.
int stored_bits(const ChipLayer& layer, int stage) {
    switch (layer.engine) {
        case Engine::folded:
        case Engine::spatial:
            return as_waksman_topology(layer.lines()).row_widths()[static_cast<size_t>(stage)];
        case Engine::serial:
            return stored_entry_bits(layer);
        case Engine::level:
            return layer.lanes * level_bits(layer);
        case Engine::programmable:
            return weights_a_row(layer) * weight_bits(layer);
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

bool is_wiring(Section section) {
    return section == Section::switches || section == Section::entries ||
           section == Section::levels || section == Section::weights || section == Section::codes;
}

/// An entry as the chip stores it: the input, above it the mark of the complement.
uint32_t stored_entry(uint32_t word, int width) {
    return (word & COMPLEMENT_ENTRY) != 0 ? (word & 0xffff) | 1U << (width - 1) : word;
}

/// What one memory holds: `width` bits a row, rows in a multiple of BLOCK_ROWS.
struct Content {
    std::string name;
    int width = 0;
    std::vector<std::vector<uint32_t>> rows;

    bool bit(size_t row, int column) const {
        return (rows[row][static_cast<size_t>(column / 32)] >> (column % 32) & 1) != 0;
    }
};

size_t stored_rows(size_t rows) {
    return (rows + BLOCK_ROWS - 1) / BLOCK_ROWS * BLOCK_ROWS;
}

Content content_of(const Memory& memory, const LoadRecord& record, int contexts) {
    PERMLOOM_ASSERT(record.first == 0 && record.rows.size() == memory.rows * record.row_words);
    Content content{wiring_image_name(memory.layer, memory.stage), memory.width, {}};
    for (size_t row = 0; row < memory.rows; ++row) {
        const auto words = record.rows.subspan(row * record.row_words, record.row_words);
        content.rows.emplace_back(words.begin(), words.end());
        if (record.section == Section::entries)
            content.rows.back().front() = stored_entry(words.front(), memory.width);
    }
    content.rows.resize(stored_rows(memory.rows * static_cast<size_t>(contexts)),
                        std::vector<uint32_t>(static_cast<size_t>((memory.width + 31) / 32), 0));
    return content;
}

/// The memory of a lane, filled as the decoder of its layer would from the codes of the record.
Content decoded_content(const Memory& memory, const ChipLayer& layer, const LoadRecord& codes,
                        int contexts) {
    Content content{wiring_image_name(memory.layer, memory.stage), memory.width, {}};
    const std::vector<int32_t> counts = group_entries(layer);
    for (size_t group = 0, rows = 0; group < counts.size(); ++group) {
        const size_t neuron = group * static_cast<size_t>(layer.lanes) + memory.stage;
        if (neuron < codes.count()) {
            BitWriter bits;
            for (const uint32_t word : codes.row(neuron))
                bits.put(word, 32);
            const std::vector<uint8_t> bytes = bits.take();
            BitReader in(bytes);
            const int of_layer = static_cast<int>(neuron);
            const Permutation source =
                code_named(to_string(layer.decoder)).decode(classes_of(layer.bank(of_layer)), in);
            for (const int32_t slot : live_slots(layer, of_layer)) {
                const int32_t line = source[slot];
                content.rows.push_back(
                    {stored_entry(line < layer.inputs ? static_cast<uint32_t>(line)
                                                      : static_cast<uint32_t>(line - layer.inputs) |
                                                            COMPLEMENT_ENTRY,
                                  memory.width)});
            }
        }
        rows += static_cast<size_t>(counts[group]);
        content.rows.resize(rows, {0});
    }
    content.rows.resize(stored_rows(memory.rows * static_cast<size_t>(contexts)), {0});
    return content;
}

/// A line of hexadecimal digits, bit 0 in the last one; `bit` tells each of `width` bits.
template <class Bit>
std::string hex_line(size_t width, const Bit& bit) {
    std::string text;
    for (size_t digit = (width + 3) / 4; digit-- > 0;) {
        unsigned value = 0;
        for (size_t i = 4 * digit; i < std::min(4 * digit + 4, width); ++i)
            value |= (bit(i) ? 1U : 0U) << (i - 4 * digit);
        text += "0123456789abcdef"[value];
    }
    return text + '\n';
}

/// As $readmemh reads it, a row a line.
std::string hex_rows(const Content& content) {
    std::string text;
    for (size_t row = 0; row < content.rows.size(); ++row)
        text += hex_line(static_cast<size_t>(content.width),
                         [&](size_t i) { return content.bit(row, static_cast<int>(i)); });
    return text;
}

using Column = std::vector<bool>;  ///< BLOCK_ROWS bits: one of a block RAM

/// All memories as columns: the pieces in which icebram looks for them, whatever their widths.
std::vector<Column> columns_of(const std::vector<Content>& contents) {
    std::vector<Column> columns;
    for (const Content& content : contents)
        for (size_t first = 0; first < content.rows.size(); first += BLOCK_ROWS)
            for (int bit = 0; bit < content.width; ++bit) {
                columns.emplace_back();
                for (size_t row = first; row < first + BLOCK_ROWS; ++row)
                    columns.back().push_back(content.bit(row, bit));
            }
    return columns;
}

/// Columns side by side as one memory, four in a digit.
std::string hex_columns(std::span<const Column> columns) {
    std::string text;
    for (size_t row = 0; row < BLOCK_ROWS; ++row)
        text += hex_line(columns.size(), [&](size_t i) { return columns[i][row]; });
    return text;
}

/// The files of `contents` in a bitstream that was built with `blank`. icebram takes whole digits
/// and wants to find every column once: up to three columns are left for a file of their own,
/// filled up with columns that it leaves as they are.
std::vector<EmittedFile> files_of(const std::vector<Content>& contents,
                                  const std::vector<Content>& blank) {
    std::vector<EmittedFile> files;
    for (const Content& content : contents)
        files.push_back({content.name, hex_rows(content)});
    const std::vector<Column> columns = columns_of(contents);
    const size_t rest = columns.size() % 4;
    files.push_back({SLICES, hex_columns(std::span(columns).first(columns.size() - rest))});
    if (rest > 0) {
        std::vector<Column> last(columns.end() - static_cast<std::ptrdiff_t>(rest), columns.end());
        const std::vector<Column> unchanged = columns_of(blank);
        last.insert(last.end(), unchanged.begin(),
                    unchanged.begin() + static_cast<std::ptrdiff_t>(4 - rest));
        files.push_back({REST, hex_columns(last)});
    }
    return files;
}

Content boot_content(std::span<const uint32_t> words) {
    Content content{BOOT_IMAGE, 32, {}};
    for (const uint32_t word : words)
        content.rows.push_back({word});
    content.rows.resize(stored_rows(words.size()), {0});
    return content;
}

std::vector<Content> blank_contents(const Chip& chip) {
    Rng random(low_word(fingerprint(chip)));
    const auto random_row = [&](int width) {
        std::vector<uint32_t> words(static_cast<size_t>((width + 31) / 32));
        for (uint32_t& word : words)
            word = static_cast<uint32_t>(random.next() >> 32);
        return words;
    };
    std::vector<Content> contents;
    for (const Memory& memory : memories_of(chip)) {
        contents.push_back({wiring_image_name(memory.layer, memory.stage), memory.width, {}});
        const size_t rows = stored_rows(memory.rows * static_cast<size_t>(chip.contexts));
        for (size_t row = 0; row < rows; ++row)
            contents.back().rows.push_back(random_row(memory.width));
    }
    // Registers of every neuron and layer, classes, each with the head of its record; frame.
    size_t words = LOAD_HEADER_WORDS + 2 + LOAD_RECORD_WORDS + 1;
    for (const ChipLayer& layer : chip.layers)
        words += LOAD_RECORD_WORDS + static_cast<size_t>(layer.outputs) * NEURON_REGISTER_WORDS +
                 LOAD_RECORD_WORDS + static_cast<size_t>(layer_register_words(layer.adds()));
    contents.push_back({BOOT_IMAGE, 32, {}});
    for (size_t word = 0; word < stored_rows(words); ++word)
        contents.back().rows.push_back(random_row(32));
    return contents;
}

}  // namespace

std::vector<uint32_t> boot_stream(const LoadStream& load) {
    std::vector<uint32_t> words(load.words.begin(), load.words.begin() + LOAD_HEADER_WORDS);
    for (const LoadRecord& record : records_of(load.words)) {
        if (is_wiring(record.section)) continue;
        words.insert(words.end(), record.head.begin(), record.head.end());
        words.insert(words.end(), record.rows.begin(), record.rows.end());
    }
    // The chip then names what it holds as if all of it had been loaded, so that patches fit.
    words[4] = load.words.back();
    words.push_back(LOAD_END);
    words.push_back(crc32_of_words(words));
    return words;
}

std::vector<EmittedFile> boot_images(const Chip& chip, const LoadStream& load) {
    std::map<std::pair<size_t, size_t>, LoadRecord> wiring;
    for (const LoadRecord& record : records_of(load.words))
        if (is_wiring(record.section)) wiring[{record.layer, record.stage}] = record;
    std::vector<Content> contents;
    for (const Memory& memory : memories_of(chip)) {
        const ChipLayer& layer = chip.layers[memory.layer];
        contents.push_back(
            layer.decoder == Decoder::none
                ? content_of(memory, wiring.at({memory.layer, memory.stage}), chip.contexts)
                : decoded_content(memory, layer, wiring.at({memory.layer, 0}), chip.contexts));
    }
    contents.push_back(boot_content(boot_stream(load)));
    return files_of(contents, blank_contents(chip));
}

std::vector<EmittedFile> blank_images(const Chip& chip) {
    const std::vector<Content> blank = blank_contents(chip);
    return files_of(blank, blank);
}

}  // namespace permloom
