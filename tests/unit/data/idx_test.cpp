#include "compiler/data/idx.h"

#include <catch2/catch.hpp>

#include "compiler/base/rng.h"
#include "compiler/data/gzip.h"
#include "tests/unit/data/idx_files.h"

using namespace permloom;
using Catch::Contains;
using permloom::testing::Bytes;
using permloom::testing::gzip;
using permloom::testing::idx;

namespace {

const Bytes PIXELS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
const Bytes IMAGES = idx({2, 2, 3}, PIXELS);
const Bytes LABELS = idx({2}, {7, 0});

std::string message(const Bytes& images, const Bytes& labels) {
    try {
        parse_idx(images, "images", labels, "labels");
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

Bytes changed(Bytes bytes, size_t place, uint8_t value) {
    bytes.at(place) = value;
    return bytes;
}

}  // namespace

TEST_CASE("idx -- reads shape, pixels and labels, raw and gzip") {
    for (const bool zipped : {false, true}) {
        const Images images =
            parse_idx(zipped ? gzip(IMAGES) : IMAGES, "i", zipped ? gzip(LABELS) : LABELS, "l");
        CHECK(images.count == 2);
        CHECK(images.rows == 2);
        CHECK(images.columns == 3);
        CHECK(images.pixels == PIXELS);
        CHECK(images.labels == Bytes{7, 0});
        CHECK(images.pixels_per_image() == 6);
        CHECK(images.image(1)[0] == 7);
    }
}

TEST_CASE("idx -- every truncation and every appended byte is refused") {
    for (size_t size = 0; size < IMAGES.size(); ++size) {
        const Bytes cut(IMAGES.begin(), IMAGES.begin() + static_cast<std::ptrdiff_t>(size));
        INFO(size);
        CHECK_THAT(message(cut, LABELS),
                   size < 16 ? Contains("too short for an IDX header")
                             : Contains("images: is cut off: its header announces 12"));
    }
    for (size_t size = 0; size < LABELS.size(); ++size) {
        const Bytes cut(LABELS.begin(), LABELS.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_THAT(message(IMAGES, cut), Contains("labels: "));
    }
    Bytes longer = IMAGES;
    longer.insert(longer.end(), {0, 0});
    CHECK_THAT(message(longer, LABELS), Contains("images: 2 bytes follow the last of its images"));
    longer = LABELS;
    longer.push_back(1);
    CHECK_THAT(message(IMAGES, longer), Contains("labels: 1 bytes follow the last of its labels"));
}

TEST_CASE("idx -- a wrong magic number is named") {
    CHECK_THAT(message(LABELS, IMAGES), Contains("too short"));
    CHECK_THAT(message(idx({12}, PIXELS), LABELS),
               Contains("images: begins with 0x00000801, an IDX file of images with 0x00000803"));
    CHECK_THAT(message(IMAGES, IMAGES), Contains("labels: begins with 0x00000803"));
    for (size_t place = 0; place < 4; ++place)
        CHECK_THAT(message(changed(IMAGES, place, 0x55), LABELS),
                   Contains("images: begins with 0x"));
}

TEST_CASE("idx -- counts that do not fit each other are refused") {
    CHECK_THAT(message(IMAGES, idx({3}, {1, 2, 3})),
               Contains("labels: has 3 labels for the 2 images of images"));
    CHECK_THAT(message(idx({0, 2, 3}, {}), idx({0}, {})), Contains("images: holds no images"));
    CHECK_THAT(message(idx({2, 0, 3}, {}), LABELS), Contains("holds no images"));
    CHECK_THAT(message(idx({1U << 20, 1U << 10, 1U << 10}, {}), LABELS),
               Contains("more than 2 GiB"));
    CHECK_THAT(message(idx({0xffffffffU, 0xffffffffU, 0xffffffffU}, {}), LABELS),
               Contains("more than 2 GiB"));
}

TEST_CASE("idx -- a label beyond the classes is named with its image") {
    const Images images = parse_idx(IMAGES, "i", LABELS, "l");
    CHECK_NOTHROW(check_labels(images, 8, "l"));
    CHECK_THROWS_WITH(check_labels(images, 7, "l"),
                      Contains("l: label 7 of image 0 is not one of the 7 classes"));
}

TEST_CASE("gzip -- unpacks what was packed, larger than one chunk") {
    Rng rng(1);
    for (const size_t size : {size_t{0}, size_t{1}, size_t{1} << 20, (size_t{1} << 20) + 17}) {
        Bytes bytes(size);
        for (uint8_t& byte : bytes)
            byte = static_cast<uint8_t>(rng.below(4));
        const Bytes packed = gzip(bytes);
        CHECK(is_gzip(packed));
        CHECK(gunzip(packed, "g") == bytes);
    }
}

TEST_CASE("gzip -- every truncation and appended byte is an error, no damage gives other bytes") {
    const Bytes packed = gzip(PIXELS);
    for (size_t size = 0; size < packed.size(); ++size) {
        const Bytes cut(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_THROWS_WITH(gunzip(cut, "g"), Contains("g: is cut off"));
    }
    // Time stamp, system and padding carry nothing; elsewhere a changed byte must not pass.
    int refused = 0;
    for (size_t place = 0; place < packed.size(); ++place) {
        Bytes unpacked = PIXELS;
        try {
            unpacked = gunzip(changed(packed, place, packed[place] ^ 0x10), "g");
        } catch (const Error&) {
            ++refused;
        }
        INFO(place);
        CHECK(unpacked == PIXELS);
    }
    CHECK(refused >= static_cast<int>(packed.size()) - 8);
    Bytes longer = packed;
    longer.push_back(0);
    CHECK_THROWS_WITH(gunzip(longer, "g"), Contains("g: 1 bytes follow the gzip data"));
    CHECK_FALSE(is_gzip(PIXELS));
    CHECK_FALSE(is_gzip(Bytes{0x1f}));
}
