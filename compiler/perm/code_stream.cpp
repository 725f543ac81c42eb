#include "compiler/perm/code_stream.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "compiler/base/error.h"

namespace permloom {

CodeStreamWriter::CodeStreamWriter(const Code& code, DeviceClasses classes, ByteSink sink)
    : code_(code), classes_(std::move(classes)), sink_(std::move(sink)) {}

void CodeStreamWriter::write(const Permutation& source) {
    const auto refuse = [&](const std::string& problem) {
        throw Error("code stream", "wiring " + std::to_string(wirings_) + " " + problem);
    };
    if (source.size() != classes_.slots())
        refuse("has " + std::to_string(source.size()) + " entries, the bank " +
               std::to_string(classes_.slots()) + " slots");
    if (!is_canonical(source, classes_))
        refuse("does not list the lines of equal devices in ascending order");
    bits_.clear();
    code_.encode(source, classes_, bits_);
    constexpr std::array<uint8_t, 1> EMPTY_CODE = {0};
    const std::span<const uint8_t> bytes =
        bits_.bit_count() == 0 ? std::span<const uint8_t>(EMPTY_CODE) : bits_.bytes();
    sink_(bytes);
    ++wirings_;
    bytes_ += bytes.size();
}

CodeStreamReader::CodeStreamReader(const Code& code, DeviceClasses classes, ByteSource source)
    : code_(code),
      classes_(std::move(classes)),
      source_(std::move(source)),
      need_(std::max<size_t>(1, static_cast<size_t>((code_.max_bits(classes_) + 7) / 8))) {
    constexpr size_t LEAST_BUFFER = size_t{1} << 16;
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
        BitReader in(bytes);
        Permutation source = code_.decode(classes_, in);
        const uint64_t bits = in.position();
        const size_t taken = std::max<size_t>(1, static_cast<size_t>((bits + 7) / 8));
        if (in.peek(bits, static_cast<int>(taken * 8 - bits)) != 0)
            throw Error("code", "the padding behind it is not zero");
        begin_ += taken;
        bytes_ += taken;
        ++wirings_;
        return source;
    } catch (const Error& error) {
        throw Error("code stream", "wiring " + std::to_string(wirings_) + " at byte " +
                                       std::to_string(bytes_) + ": " + error.what());
    }
}

}  // namespace permloom
