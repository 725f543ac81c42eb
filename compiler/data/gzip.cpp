#include "compiler/data/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "compiler/base/error.h"

namespace permloom {
namespace {

constexpr size_t SIZE_LIMIT = size_t{1} << 31;
constexpr size_t CHUNK = size_t{1} << 20;

struct Inflater {
    z_stream stream{};
    Inflater() { PERMLOOM_ASSERT(inflateInit2(&stream, 15 + 16) == Z_OK); }  // + 16: gzip framing
    ~Inflater() { inflateEnd(&stream); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

bool is_gzip(std::span<const uint8_t> bytes) {
    return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

std::vector<uint8_t> gunzip(std::span<const uint8_t> bytes, const std::string& where) {
    Inflater inflater;
    z_stream& stream = inflater.stream;
    std::vector<uint8_t> result;
    size_t used = 0;
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        const size_t piece = std::min(bytes.size() - used, CHUNK);
        stream.next_in = const_cast<Bytef*>(bytes.data() + used);  // zlib does not write to it
        stream.avail_in = static_cast<uInt>(piece);
        const size_t before = result.size();
        result.resize(before + CHUNK);
        stream.next_out = result.data() + before;
        stream.avail_out = static_cast<uInt>(CHUNK);
        status = inflate(&stream, Z_NO_FLUSH);
        used += piece - stream.avail_in;
        result.resize(before + CHUNK - stream.avail_out);
        if (status == Z_BUF_ERROR)
            throw Error(where, "is cut off in the middle of its gzip data", "fetch it again");
        if (status != Z_OK && status != Z_STREAM_END)
            throw Error(where, "is not valid gzip data", "fetch it again");
        if (result.size() > SIZE_LIMIT) throw Error(where, "unpacks to more than 2 GiB");
    }
    if (used != bytes.size())
        throw Error(where, std::to_string(bytes.size() - used) + " bytes follow the gzip data");
    return result;
}

}  // namespace permloom
