/// Constants of the load stream (FORMAT.md), shared by its writer and the hardware models.
#pragma once

#include <cstdint>

namespace permloom {

inline constexpr uint32_t LOAD_MAGIC = 0x314d4c50;  ///< "PLM1"
inline constexpr uint32_t LOAD_VERSION = 1;
inline constexpr uint32_t LOAD_PATCH = 1U << 16;  ///< of word 1: the load is a patch
inline constexpr uint32_t LOAD_END = 0x00ff0000;  ///< end marker: section 255, all else zero
inline constexpr int LOAD_HEADER_WORDS = 6;
inline constexpr int LOAD_RECORD_WORDS = 3;  ///< in front of the rows of a record
inline constexpr int NEURON_REGISTER_WORDS = 4;
/// Of a layer; m2 stands behind the others where it adds.
constexpr int layer_register_words(bool adds) {
    return adds ? 4 : 3;
}

enum class Section : uint32_t {
    switches = 1,  ///< wiring of engine `folded`
    neuron_registers = 2,
    layer_registers = 3,
    classes = 4,
    entries = 5,  ///< wiring of engine `serial`
    levels = 6,   ///< wiring of engine `level`
    weights = 7,  ///< instead of a wiring, of engine `programmable`
    codes = 8     ///< wiring of engine `serial` with a decoder
};

inline constexpr uint32_t COMPLEMENT_ENTRY = 1U << 31;  ///< of an entry: the line is a complement

}  // namespace permloom
