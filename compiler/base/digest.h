/// Checksums: SHA-256 (files, fingerprints) and CRC-32 (the load stream).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace permloom {

using Sha256 = std::array<uint8_t, 32>;

Sha256 sha256(std::span<const uint8_t> bytes);
Sha256 sha256(std::string_view text);
/// Lower-case hexadecimal; `digits` limits the length (64 is the whole).
std::string to_hex(const Sha256& digest, size_t digits = 64);
/// First eight bytes, little-endian: what the hardware carries of a fingerprint.
uint64_t low_word(const Sha256& digest);

/// IEEE 802.3 CRC-32 (reflected, as zlib), continued from `crc`.
uint32_t crc32(std::span<const uint8_t> bytes, uint32_t crc = 0);
/// The same over the bytes of 32-bit words, low byte first.
uint32_t crc32_of_words(std::span<const uint32_t> words);

/// MD5 in hexadecimal: published data sets state their checksum so.
std::string md5_hex(std::span<const uint8_t> bytes);

}  // namespace permloom
