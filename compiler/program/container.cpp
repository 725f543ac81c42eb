#include "compiler/program/container.h"

#include <algorithm>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/file.h"

namespace permloom {
namespace {

constexpr size_t HEADER_SIZE = 16;
constexpr size_t DIGEST_SIZE = 32;

/// What a magic begins, with its article; empty for none.
std::string kind_of(std::string_view magic) {
    if (magic == CHIP_MAGIC) return "a chip";
    if (magic == CONFIGURATION_MAGIC) return "a configuration";
    if (magic == DEVICES_MAGIC) return "a devices";
    return "";
}

}  // namespace

void save_container(const std::filesystem::path& path, std::string_view magic,
                    std::span<const uint8_t> body) {
    std::vector<uint8_t> bytes(magic.begin(), magic.end());
    for (int i = 0; i < 8; ++i)
        bytes.push_back(static_cast<uint8_t>(uint64_t{body.size()} >> (8 * i)));
    bytes.insert(bytes.end(), body.begin(), body.end());
    const Sha256 digest = sha256(bytes);
    bytes.insert(bytes.end(), digest.begin(), digest.end());
    write_file(path, bytes);
}

std::vector<uint8_t> load_container(const std::filesystem::path& path, std::string_view magic) {
    const std::vector<uint8_t> bytes = read_bytes(path);
    const std::string where = path.string();
    const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                                 std::min(bytes.size(), magic.size()));
    if (start != magic) {
        const std::string found = kind_of(start), wanted = kind_of(magic);
        throw Error(where, "is not a permloom " + wanted.substr(2) + " file",
                    found.empty() ? "" : "it is " + found + " file");
    }
    if (bytes.size() < HEADER_SIZE + DIGEST_SIZE)
        throw Error(where, "is truncated: " + std::to_string(bytes.size()) + " bytes");
    uint64_t length = 0;
    for (size_t i = 0; i < 8; ++i)
        length |= uint64_t{bytes[8 + i]} << (8 * i);
    const uint64_t present = bytes.size() - HEADER_SIZE - DIGEST_SIZE;
    if (length > present)
        throw Error(where, "is truncated: the header states a body of " + std::to_string(length) +
                               " bytes, " + std::to_string(present) + " are there");
    if (length < present) throw Error(where, std::to_string(present - length) + " bytes too long");
    const std::span<const uint8_t> all(bytes);
    const Sha256 digest = sha256(all.first(bytes.size() - DIGEST_SIZE));
    if (!std::equal(digest.begin(), digest.end(), bytes.end() - DIGEST_SIZE))
        throw Error(where, "the checksum does not match: at least one bit has changed",
                    "take a fresh copy, or compile again");
    const auto body = all.subspan(HEADER_SIZE, length);
    return {body.begin(), body.end()};
}

}  // namespace permloom
