/// The blocks that a chip is drawn as, with their words. Private to chip_picture.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/program/chip.h"

namespace permloom::cli {

/// What a block is, which is its colour.
enum class BlockKind { memory, circuit, devices, sums, control };

struct Block {
    BlockKind kind = BlockKind::control;
    std::string title;
    std::vector<std::string> lines;  ///< two at most
};

struct LayerBlocks {
    std::vector<Block> data;    ///< from its buffer to its output, in the order of the data
    Block wiring;               ///< the memory of its wiring
    size_t wired = 0;           ///< the block that reads it
    std::optional<Block> skip;  ///< the memory of what it adds
    size_t post_op = 0;         ///< the block that reads that
};
LayerBlocks layer_blocks(const Chip& chip, size_t index);

Block loader_block(const Chip& chip);
Block pixel_loader_block(const Chip& chip);
Block result_block(const Chip& chip);

}  // namespace permloom::cli
