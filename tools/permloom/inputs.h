/// Finding and checking what a command is given: data, chips, configurations.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/data/dataset.h"
#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"
#include "compiler/program/device_instance.h"
#include "compiler/spec/network.h"

namespace permloom::cli {

/// "training.epochs=5" -> {"training.epochs", "5"}. Throws a usage Error without '='.
Override parse_override(const std::string& text);

/// What a network asks of its data.
struct DataNeeds {
    int pixels = 0, outputs = 0;
    std::string dataset, checksum;  ///< that it was trained on; empty: not trained yet
};

/// The data set `name`; where that is empty, the one that the network was trained on, which must
/// then be the very same. Throws Error when its images or classes do not fit.
Dataset load_data(const std::string& name, const DataNeeds& needs);

/// A configuration and the chip that it was made for.
struct Program {
    std::filesystem::path path, chip_path;
    Configuration configuration;
    Chip chip;
};

/// NAME.chip beside NAME.anything, or whichever chip in the same directory has this fingerprint.
std::filesystem::path chip_beside(const std::filesystem::path& path, const Sha256& wanted);

/// Reads FILE.plc and its chip: `chip` if not empty, else chip_beside it. `instance`: the
/// fabricated copy that it is to run on.
Program load_program(const std::filesystem::path& path, const std::filesystem::path& chip,
                     const DeviceInstance* instance = nullptr);

DataNeeds needs_of(const Program& program);

/// Throws Error where shapes or rails of a network's layers and a chip's differ.
void require_fit(const NetworkSpec& network, const Chip& chip, const std::filesystem::path& path);
/// The chip in a file, whose devices the layers of a network are to have. Throws Error where they
/// do not fit.
Chip load_chip_for(const NetworkSpec& network, const std::filesystem::path& path);

enum class FileKind { checkpoint, chip, configuration, devices };

/// Told by the first bytes; a run directory is a checkpoint. Throws Error for anything else.
FileKind kind_of(const std::filesystem::path& path);

/// "64-64-10".
std::string shape_text(const NetworkSpec& network);
std::string shape_text(const Chip& chip);
/// "0: 784 -> 10", "3: 3x3x16 -> 32 at 8x8, of 1, max 2, + 2": kernel, channels, neurons,
/// positions, the layer read where it is not the one before, the pool, the layer added.
std::string layer_text(const Chip& chip, size_t index);
/// "folded", "folded, bit-serial", "serial x 4" (lanes), "serial x 4, level-map" (with a decoder),
/// "level x 16" (inputs a cycle).
std::string engine_text(std::string_view engine, int lanes, bool bit_serial,
                        std::string_view decoder);
std::string engine_text(const ChipLayer& layer);

}  // namespace permloom::cli
