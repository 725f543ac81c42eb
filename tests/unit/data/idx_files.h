/// IDX bytes made by hand.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <vector>

#include "compiler/base/error.h"

namespace permloom::testing {

using Bytes = std::vector<uint8_t>;

/// Header {0, 0, 8, sizes.size()}, big-endian sizes, then `values`.
inline Bytes idx(const std::vector<uint32_t>& sizes, const Bytes& values) {
    Bytes bytes = {0, 0, 8, static_cast<uint8_t>(sizes.size())};
    for (const uint32_t size : sizes)
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes.push_back(static_cast<uint8_t>(size >> shift));
    bytes.insert(bytes.end(), values.begin(), values.end());
    return bytes;
}

/// `bytes` as a gzip file.
inline Bytes gzip(Bytes bytes) {
    z_stream stream{};
    PERMLOOM_ASSERT(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    Bytes result(deflateBound(&stream, bytes.size()));
    stream.next_in = bytes.data();
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = result.data();
    stream.avail_out = static_cast<uInt>(result.size());
    PERMLOOM_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    result.resize(stream.total_out);
    deflateEnd(&stream);
    return result;
}

}  // namespace permloom::testing
