#include "compiler/base/digest.h"

#include <openssl/evp.h>
#include <zlib.h>

#include "compiler/base/error.h"

namespace permloom {
namespace {

template <size_t N>
std::array<uint8_t, N> digest(std::span<const uint8_t> bytes, const EVP_MD* algorithm) {
    std::array<uint8_t, N> result{};
    unsigned size = 0;
    const int ok = EVP_Digest(bytes.data(), bytes.size(), result.data(), &size, algorithm, nullptr);
    PERMLOOM_ASSERT(ok == 1 && size == N);
    return result;
}

std::string hex(std::span<const uint8_t> bytes) {
    static const char DIGITS[] = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : bytes) {
        text += DIGITS[byte >> 4];
        text += DIGITS[byte & 15];
    }
    return text;
}

}  // namespace

Sha256 sha256(std::span<const uint8_t> bytes) {
    return digest<32>(bytes, EVP_sha256());
}

Sha256 sha256(std::string_view text) {
    return sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

std::string to_hex(const Sha256& value, size_t digits) {
    return hex(value).substr(0, digits);
}

uint64_t low_word(const Sha256& value) {
    uint64_t word = 0;
    for (size_t i = 0; i < 8; ++i)
        word |= uint64_t{value[i]} << (8 * i);
    return word;
}

uint32_t crc32(std::span<const uint8_t> bytes, uint32_t crc) {
    return static_cast<uint32_t>(::crc32_z(crc, bytes.data(), bytes.size()));
}

std::string md5_hex(std::span<const uint8_t> bytes) {
    return hex(digest<16>(bytes, EVP_md5()));
}

uint32_t crc32_of_words(std::span<const uint32_t> words) {
    uint32_t crc = 0;
    for (const uint32_t word : words) {
        const uint8_t bytes[] = {static_cast<uint8_t>(word), static_cast<uint8_t>(word >> 8),
                                 static_cast<uint8_t>(word >> 16),
                                 static_cast<uint8_t>(word >> 24)};
        crc = crc32(bytes, crc);
    }
    return crc;
}

}  // namespace permloom
