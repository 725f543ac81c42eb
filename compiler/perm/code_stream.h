/// Codes of many wirings of one bank through a pipe: one at a time, nothing else in memory.
///
/// A stream is the codes one after the other, without header, length or end mark. Each starts on a
/// byte boundary (the bits up to it are zero) and takes at least one byte, also where the code
/// itself has no bits. Writer and reader must agree on the code and on the device classes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "compiler/perm/code.h"

namespace permloom {

/// Takes all bytes given; throws what it likes where it cannot.
using ByteSink = std::function<void(std::span<const uint8_t>)>;
/// Fills the front of the span with the next bytes and returns how many; 0 only at the end.
using ByteSource = std::function<size_t(std::span<uint8_t>)>;

/// One wiring of a stream.
namespace code_stream {

/// Throws Error when `source` has another size than the bank or is not canonical. The bytes live in
/// `writer` until it is used again.
std::span<const uint8_t> encode_one(const Code& code, const Permutation& source,
                                    const DeviceClasses& classes, BitWriter& writer);

/// Decodes the front of `bytes` and says how many it took. Throws Error on anything that encode_one
/// does not write.
struct Decoded {
    Permutation source;
    size_t bytes;
};
Decoded decode_one(const Code& code, const DeviceClasses& classes, std::span<const uint8_t> bytes);

}  // namespace code_stream

class CodeStreamWriter {
  public:
    /// `code` must outlive the writer.
    CodeStreamWriter(const Code& code, DeviceClasses classes, ByteSink sink);
    /// Throws Error when `source` has another size than the bank or is not canonical.
    void write(const Permutation& source);

    uint64_t wirings() const { return wirings_; }
    uint64_t bytes() const { return bytes_; }

  private:
    const Code& code_;
    DeviceClasses classes_;
    ByteSink sink_;
    BitWriter bits_;
    uint64_t wirings_ = 0, bytes_ = 0;
};

class CodeStreamReader {
  public:
    /// `code` must outlive the reader.
    CodeStreamReader(const Code& code, DeviceClasses classes, ByteSource source);
    /// The next wiring, or nothing at the end of the stream. Throws Error with the wiring's number
    /// and the byte it starts at for anything that no writer has written: a code that `decode`
    /// refuses, a truncated one, rubbish behind the last, padding that is not zero.
    std::optional<Permutation> next();

    uint64_t wirings() const { return wirings_; }  ///< read so far
    uint64_t bytes() const { return bytes_; }      ///< taken by them

  private:
    void fill();

    const Code& code_;
    DeviceClasses classes_;
    ByteSource source_;
    std::vector<uint8_t> buffer_;
    size_t begin_ = 0, end_ = 0;  ///< bytes of the buffer not yet decoded
    size_t need_;                 ///< bytes that hold any one code
    bool ended_ = false;
    uint64_t wirings_ = 0, bytes_ = 0;
};

}  // namespace permloom
