/// The IDX format of MNIST: big-endian header {0, 0, type, dimensions, sizes...}, then the bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/data/dataset.h"

namespace permloom {

/// Images and labels of one split from IDX bytes, raw or gzip. The two `where` name the files in
/// errors: a wrong magic number, a size that does not fit the header, other counts of images than
/// of labels, no images at all.
Images parse_idx(std::span<const uint8_t> images, const std::string& images_where,
                 std::span<const uint8_t> labels, const std::string& labels_where);

/// Throws Error at `where` unless every label is below `classes`.
void check_labels(const Images& images, int classes, const std::string& where);

}  // namespace permloom
