/// What travels between the modules of a chip. A default-made bundle is an idle one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "compiler/program/load_stream.h"

namespace permloom::systemc {

constexpr int MAX_CONTEXTS = 8;  ///< ctx_valid has 8 bits

using Codes = std::vector<uint16_t>;

/// A write into an activation buffer, an activation memory or the result unit. `data` holds LANES
/// elements of the buffer's width, lane 0 in the low bits.
struct Write {
    bool valid = false, last = false;
    uint8_t ctx = 0;
    uint32_t addr = 0;
    uint64_t data = 0;
};

/// One image of context `ctx` starts, is dropped, or is done.
struct ImageEvent {
    bool valid = false;
    uint8_t ctx = 0;
};

/// What moves through the pipeline of a layer beside the data: one pass of one neuron, or one step
/// of neurons side by side.
struct Token {
    bool valid = false;
    bool first = false, last = false;  ///< of the passes or steps that add up to a sum
    uint8_t pass = 0;                  ///< of rail split
    uint8_t plane = 0;                 ///< bit-serial: the bit of every input that is taken
    uint8_t ctx = 0;
    uint32_t neuron = 0;    ///< the first of those side by side
    uint32_t addr = 0;      ///< row of the memories of neurons, ctx * N + neuron
    uint32_t position = 0;  ///< of a layer that walks
};

struct Issue {
    Token token;
};

/// Lines of the switch network, or slots behind it.
struct Lines {
    Token token;
    Codes values;
};

/// The entries of the lanes of engine `serial` for one step.
struct Entries {
    Token token;
    size_t bank = 0;                   ///< of the activation memory
    std::span<const int32_t> devices;  ///< one for each lane, 0 where it is not live
    std::vector<uint32_t> values;      ///< input | COMPLEMENT_ENTRY
};

/// Inputs and the devices that multiply them. A device meets input (its number mod the inputs).
struct Operands {
    Token token;
    std::span<const int32_t> devices;
    Codes inputs;  ///< complements taken where rail dual means them
};

/// Products of the devices, the sums of one adder level, or those of neurons side by side.
struct Terms {
    Token token;
    std::vector<int32_t> values;
};

struct Total {
    Token token;
    int64_t value = 0;
};

/// A row of section 2 of the load stream.
struct NeuronRow {
    int64_t b = 0, m = 0, c = 0;
};

/// A row of section 3 of the load stream.
struct LayerRow {
    int s = 0;
    int64_t z = 0, lo = 0, hi = 0;
    bool relu = false;
    int64_t m2 = 0;  ///< 0 where the layer adds nothing
};

/// A value on its way through the post-op, with the registers of its neuron.
struct PostOp {
    Token token;
    int64_t value = 0;
    NeuronRow registers;
};

/// The row bus of the configuration loader: one row of one memory.
struct Row {
    bool valid = false;
    Section section{};
    uint8_t stage = 0, ctx = 0;
    uint32_t layer = 0;
    uint32_t addr = 0;  ///< ctx * (rows of a stage and context) + row
    std::vector<uint32_t> data;

    bool goes_to(uint32_t to_layer, Section to_section) const {
        return valid && layer == to_layer && section == to_section;
    }
};

}  // namespace permloom::systemc
