/// Writer of protocol buffer messages (the wire format alone: numbers, bytes, messages in
/// messages).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace permloom {

/// One message, field by field. Field numbers are those of the message's .proto file.
class ProtobufMessage {
  public:
    /// int32, int64, bool, enum.
    void number(int field, int64_t value);
    /// float.
    void real(int field, float value);
    /// string.
    void text(int field, std::string_view value);
    /// bytes.
    void bytes(int field, std::span<const uint8_t> value);
    void message(int field, const ProtobufMessage& value) { text(field, value.data_); }

    const std::string& data() const { return data_; }

  private:
    void varint(uint64_t value);
    void tag(int field, int wire_type);

    std::string data_;
};

}  // namespace permloom
