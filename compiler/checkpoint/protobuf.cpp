#include "compiler/checkpoint/protobuf.h"

#include <bit>

namespace permloom {
namespace {

constexpr int VARINT = 0, LENGTH_DELIMITED = 2, FIXED_32 = 5;

}  // namespace

void ProtobufMessage::varint(uint64_t value) {
    while (value >= 128) {
        data_ += static_cast<char>(value | 128);
        value >>= 7;
    }
    data_ += static_cast<char>(value);
}

void ProtobufMessage::tag(int field, int wire_type) {
    varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type));
}

void ProtobufMessage::number(int field, int64_t value) {
    tag(field, VARINT);
    varint(static_cast<uint64_t>(value));
}

void ProtobufMessage::real(int field, float value) {
    tag(field, FIXED_32);
    const auto bits = std::bit_cast<uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8)
        data_ += static_cast<char>(bits >> shift);
}

void ProtobufMessage::text(int field, std::string_view value) {
    tag(field, LENGTH_DELIMITED);
    varint(value.size());
    data_ += value;
}

void ProtobufMessage::bytes(int field, std::span<const uint8_t> value) {
    text(field, {reinterpret_cast<const char*>(value.data()), value.size()});
}

}  // namespace permloom
