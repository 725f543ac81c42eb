#include "compiler/data/idx.h"

#include <fmt/format.h>

#include "compiler/base/error.h"
#include "compiler/data/gzip.h"

namespace permloom {
namespace {

/// The payload of an IDX file and its sizes.
struct Idx {
    std::vector<uint32_t> sizes;
    std::vector<uint8_t> values;
};

uint32_t big_endian(std::span<const uint8_t> bytes) {
    return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

Idx read_idx(std::span<const uint8_t> raw, uint32_t dimensions, const std::string& what,
             const std::string& where) {
    std::vector<uint8_t> unpacked;
    if (is_gzip(raw)) raw = unpacked = gunzip(raw, where);
    const size_t header = 4 + 4 * size_t{dimensions};
    if (raw.size() < header)
        throw Error(where, fmt::format("has {} bytes, too short for an IDX header", raw.size()));
    const uint32_t magic = big_endian(raw), expected = 0x0800 | dimensions;
    if (magic != expected)
        throw Error(where, fmt::format("begins with 0x{:08x}, an IDX file of {} with 0x{:08x}",
                                       magic, what, expected));
    Idx idx;
    uint64_t total = 1;
    for (uint32_t d = 0; d < dimensions; ++d) {
        idx.sizes.push_back(big_endian(raw.subspan(4 + 4 * size_t{d})));
        if (idx.sizes.back() > (1U << 24) || (total *= idx.sizes.back()) > (uint64_t{1} << 31))
            throw Error(where, "its header announces more than 2 GiB");
    }
    const uint64_t present = raw.size() - header;
    if (present < total)
        throw Error(where,
                    fmt::format("is cut off: its header announces {} bytes of {}, {} are there",
                                total, what, present));
    if (present > total)
        throw Error(where,
                    fmt::format("{} bytes follow the last of its {}", present - total, what));
    idx.values.assign(raw.begin() + static_cast<std::ptrdiff_t>(header), raw.end());
    return idx;
}

}  // namespace

Images parse_idx(std::span<const uint8_t> images, const std::string& images_where,
                 std::span<const uint8_t> labels, const std::string& labels_where) {
    Idx pixels = read_idx(images, 3, "images", images_where);
    Idx classes = read_idx(labels, 1, "labels", labels_where);
    if (pixels.values.empty()) throw Error(images_where, "holds no images");
    if (pixels.sizes[0] != classes.sizes[0])
        throw Error(labels_where, fmt::format("has {} labels for the {} images of {}",
                                              classes.sizes[0], pixels.sizes[0], images_where));
    Images result;
    result.count = static_cast<int>(pixels.sizes[0]);
    result.rows = static_cast<int>(pixels.sizes[1]);
    result.columns = static_cast<int>(pixels.sizes[2]);
    result.pixels = std::move(pixels.values);
    result.labels = std::move(classes.values);
    return result;
}

void check_labels(const Images& images, int classes, const std::string& where) {
    for (size_t i = 0; i < images.labels.size(); ++i)
        if (images.labels[i] >= classes)
            throw Error(where, fmt::format("label {} of image {} is not one of the {} classes",
                                           images.labels[i], i, classes));
}

}  // namespace permloom
