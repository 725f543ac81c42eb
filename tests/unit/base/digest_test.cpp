#include "compiler/base/digest.h"

#include <catch2/catch.hpp>

using namespace permloom;

namespace {

std::span<const uint8_t> bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("sha256 -- the vectors of FIPS 180-4") {
    CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256("abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(sha256(std::string(1000000, 'a'))) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK(sha256(bytes("abc")) == sha256("abc"));
}

TEST_CASE("to_hex -- limits the length on request") {
    CHECK(to_hex(sha256("abc"), 8) == "ba7816bf");
}

TEST_CASE("low_word -- the first eight bytes, little-endian") {
    CHECK(low_word(sha256("abc")) == 0xeacf018fbf1678baULL);
}

TEST_CASE("crc32 -- the check value of the polynomial, and continues") {
    CHECK(crc32(bytes("123456789")) == 0xcbf43926U);
    CHECK(crc32(bytes("")) == 0);
    CHECK(crc32(bytes("6789"), crc32(bytes("12345"))) == 0xcbf43926U);
}

TEST_CASE("md5 -- the vectors of RFC 1321") {
    CHECK(md5_hex(bytes("")) == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(md5_hex(bytes("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0");
}
