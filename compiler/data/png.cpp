#include "compiler/data/png.h"

#include <png.h>

#include "compiler/base/error.h"

namespace permloom {
namespace {

constexpr size_t SIZE_LIMIT = size_t{1} << 30;

struct Reader {
    png_image image{};
    Reader() { image.version = PNG_IMAGE_VERSION; }
    ~Reader() { png_image_free(&image); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
};

}  // namespace

RgbImage read_png(std::span<const uint8_t> bytes, const std::string& where) {
    Reader reader;
    png_image& image = reader.image;
    const auto require = [&](int success) {
        if (success == 0)
            throw Error(where, std::string("cannot be read as PNG: ") + image.message);
    };
    require(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
    const size_t size = size_t{3} * image.width * image.height;
    if (size > SIZE_LIMIT) throw Error(where, "its header announces more than 1 GiB");
    image.format = PNG_FORMAT_RGB;
    RgbImage result;
    result.rows = static_cast<int>(image.height);
    result.columns = static_cast<int>(image.width);
    result.pixels.resize(size);
    require(png_image_finish_read(&image, nullptr, result.pixels.data(), 0, nullptr));
    return result;
}

}  // namespace permloom
