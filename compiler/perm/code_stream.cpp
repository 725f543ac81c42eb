#include "compiler/perm/code_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include "compiler/base/error.h"

namespace permloom {

namespace code_stream {

std::span<const uint8_t> encode_one(const Code& code, const Permutation& source,
                                    const DeviceClasses& classes, BitWriter& writer) {
    if (source.size() != classes.slots())
        throw Error("wiring", "has " + std::to_string(source.size()) + " entries, the bank " +
                                  std::to_string(classes.slots()) + " slots");
    if (!is_canonical(source, classes))
        throw Error("wiring", "does not list the lines of equal devices in ascending order");
    writer.clear();
    code.encode(source, classes, writer);
    // The code of the only wiring there is has no bits; the byte keeps count.
    if (writer.bit_count() == 0) writer.put(0, 8);
    return writer.bytes();
}

Decoded decode_one(const Code& code, const DeviceClasses& classes, std::span<const uint8_t> bytes) {
    BitReader in(bytes);
    Permutation source = code.decode(classes, in);
    const int padding = in.position() == 0 ? 8 : static_cast<int>((8 - in.position() % 8) % 8);
    if (in.get(padding) != 0) throw Error("code", "the padding behind it is not zero");
    return {std::move(source), static_cast<size_t>(in.position() / 8)};
}

}  // namespace code_stream

CodeStreamWriter::CodeStreamWriter(const Code& code, DeviceClasses classes, ByteSink sink)
    : code_(code), classes_(std::move(classes)), sink_(std::move(sink)) {}

void CodeStreamWriter::write(const Permutation& source) {
    std::span<const uint8_t> bytes;
    try {
        bytes = code_stream::encode_one(code_, source, classes_, bits_);
    } catch (const Error& error) {
        throw Error("code stream", "wiring " + std::to_string(wirings_) + " " + error.problem());
    }
    sink_(bytes);
    ++wirings_;
    bytes_ += bytes.size();
}

CodeStreamReader::CodeStreamReader(const Code& code, DeviceClasses classes, ByteSource source)
    : code_(code),
      classes_(std::move(classes)),
      source_(std::move(source)),
      need_(std::max<size_t>(1, static_cast<size_t>((code_.max_bits(classes_) + 7) / 8))) {
    constexpr size_t LEAST_BUFFER = size_t{1} << 14;
    buffer_.resize(std::max(LEAST_BUFFER, 2 * need_));
}

void CodeStreamReader::fill() {
    if (end_ - begin_ >= need_ || ended_) return;
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    while (end_ < need_ && !ended_) {
        const size_t got = source_(std::span(buffer_).subspan(end_));
        PERMLOOM_ASSERT(got <= buffer_.size() - end_);
        end_ += got;
        ended_ = got == 0;
    }
}

std::optional<Permutation> CodeStreamReader::next() {
    fill();
    if (begin_ == end_) return std::nullopt;
    const std::span<const uint8_t> bytes = std::span(buffer_).subspan(begin_, end_ - begin_);
    try {
        code_stream::Decoded decoded = code_stream::decode_one(code_, classes_, bytes);
        begin_ += decoded.bytes;
        bytes_ += decoded.bytes;
        ++wirings_;
        return std::move(decoded.source);
    } catch (const Error& error) {
        throw Error("code stream", "wiring " + std::to_string(wirings_) + " at byte " +
                                       std::to_string(bytes_) + ": " + error.what());
    }
}

}  // namespace permloom
