#include "compiler/checkpoint/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include "compiler/base/error.h"
#include "compiler/checkpoint/tensor_values.h"

namespace permloom {
namespace {

constexpr std::string_view MAGIC{"\x93NUMPY", 6};
constexpr size_t ALIGNMENT = 64;

struct TypeName {
    std::string_view npy;  ///< without the byte order
    const char* dtype;     ///< of Tensor
};

constexpr std::array<TypeName, 12> TYPES = {{{"b1", "BOOL"},
                                             {"u1", "U8"},
                                             {"i1", "I8"},
                                             {"u2", "U16"},
                                             {"i2", "I16"},
                                             {"u4", "U32"},
                                             {"i4", "I32"},
                                             {"u8", "U64"},
                                             {"i8", "I64"},
                                             {"f2", "F16"},
                                             {"f4", "F32"},
                                             {"f8", "F64"}}};

/// What the header says, in words of its own: {'descr': '<f4', 'fortran_order': False,
/// 'shape': (3, 4), }.
struct Header {
    std::string descr;
    bool fortran_order = false;
    std::vector<int64_t> shape;
};

/// Reads the Python dictionary of a header, of which NumPy writes just these three keys.
class HeaderReader {
  public:
    HeaderReader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

    Header read() {
        Header header;
        expect('{');
        while (!accept('}')) {
            const std::string key = quoted();
            expect(':');
            if (key == "descr")
                header.descr = type();
            else if (key == "fortran_order")
                header.fortran_order = boolean();
            else if (key == "shape")
                header.shape = tuple();
            else
                throw damaged();
            if (!accept(',') && peek() != '}') throw damaged();
        }
        if (header.descr.empty()) throw damaged();
        return header;
    }

  private:
    Error damaged() const { return {where_, "is damaged: its .npy header cannot be read"}; }

    char peek() {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool accept(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!accept(c)) throw damaged();
    }
    bool accept_word(std::string_view word) {
        peek();
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    std::string quoted() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') throw damaged();
        const size_t end = text_.find(quote, at_ + 1);
        if (end == text_.npos) throw damaged();
        const std::string_view word = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return std::string(word);
    }

    /// A list describes the fields of a record.
    std::string type() {
        if (peek() == '[')
            throw Error(where_, "holds records, not numbers", "save plain float32 arrays");
        return quoted();
    }

    bool boolean() {
        if (accept_word("True")) return true;
        if (!accept_word("False")) throw damaged();
        return false;
    }

    std::vector<int64_t> tuple() {
        std::vector<int64_t> extents;
        expect('(');
        while (!accept(')')) {
            peek();
            int64_t extent = -1;
            const auto [end, code] =
                std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
            if (code != std::errc{} || extent < 0) throw damaged();
            at_ = static_cast<size_t>(end - text_.data());
            accept_word("L");  // written by Python 2
            extents.push_back(extent);
            if (!accept(',') && peek() != ')') throw damaged();
        }
        return extents;
    }

    std::string_view text_;
    const std::string& where_;
    size_t at_ = 0;
};

const char* dtype_of(const std::string& descr, const std::string& where) {
    const auto found = std::find_if(TYPES.begin(), TYPES.end(), [&](const TypeName& name) {
        return descr.size() == 3 && std::string_view("<>|=").find(descr[0]) != std::string::npos &&
               name.npy == std::string_view(descr).substr(1);
    });
    if (found == TYPES.end())
        throw Error(where, "has the unsupported type '" + descr + "'",
                    "save it as real numbers, for example array.astype('float32')");
    return found->dtype;
}

void swap_bytes(std::vector<uint8_t>& bytes, size_t element) {
    for (size_t at = 0; at + element <= bytes.size(); at += element)
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at + element));
}

/// Column-major -> row-major.
std::vector<uint8_t> row_major(const std::vector<uint8_t>& bytes, size_t element,
                               const std::vector<int64_t>& shape) {
    std::vector<uint8_t> result(bytes.size());
    std::vector<size_t> index(shape.size(), 0), step(shape.size(), element);
    for (size_t axis = 1; axis < shape.size(); ++axis)
        step[axis] = step[axis - 1] * static_cast<size_t>(shape[axis - 1]);
    size_t from = 0;
    for (size_t to = 0; to < result.size(); to += element) {
        std::memcpy(result.data() + to, bytes.data() + from, element);
        for (size_t axis = shape.size(); axis-- > 0;) {
            from += step[axis];
            if (++index[axis] < static_cast<size_t>(shape[axis])) break;
            from -= index[axis] * step[axis];
            index[axis] = 0;
        }
    }
    return result;
}

}  // namespace

Tensor parse_npy(std::span<const uint8_t> bytes, const std::string& where) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    constexpr size_t VERSION_END = MAGIC.size() + 2;
    if (!text.starts_with(MAGIC) || text.size() < VERSION_END)
        throw Error(where, "is not a NumPy array: the .npy signature is missing");
    const uint8_t version = bytes[MAGIC.size()];
    if (version < 1 || version > 3)
        throw Error(where, fmt::format("has .npy version {}, this reads 1 to 3", version));
    const size_t length_bytes = version == 1 ? 2 : 4, header_at = VERSION_END + length_bytes;
    if (bytes.size() < header_at) throw Error(where, "is truncated in its .npy header");
    size_t length = 0;
    for (size_t i = length_bytes; i-- > 0;)
        length = length << 8 | bytes[VERSION_END + i];
    if (length > bytes.size() - header_at) throw Error(where, "is truncated in its .npy header");
    const Header header = HeaderReader(text.substr(header_at, length), where).read();

    Tensor tensor{dtype_of(header.descr, where), header.shape, {}};
    const size_t element = element_bytes(tensor.dtype);
    const auto data = bytes.subspan(header_at + length);
    uint64_t expected = element;
    for (const int64_t extent : header.shape) {
        const auto size = static_cast<uint64_t>(extent);
        if (size != 0 && expected > data.size() / size)
            throw Error(where,
                        fmt::format("is truncated: {} bytes do not hold its shape", data.size()));
        expected *= size;
    }
    if (expected != data.size())
        throw Error(where, fmt::format("is damaged: its shape takes {} bytes, it holds {}",
                                       expected, data.size()));
    tensor.bytes.assign(data.begin(), data.end());
    if (header.descr[0] == '>') swap_bytes(tensor.bytes, element);
    if (header.fortran_order) tensor.bytes = row_major(tensor.bytes, element, tensor.shape);
    return tensor;
}

std::vector<uint8_t> to_npy(const Tensor& tensor) {
    const auto type = std::find_if(TYPES.begin(), TYPES.end(), [&](const TypeName& name) {
        return name.dtype == tensor.dtype;
    });
    PERMLOOM_ASSERT(type != TYPES.end());
    std::string header =
        fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                    element_bytes(tensor.dtype) == 1 ? '|' : '<', type->npy,
                    fmt::join(tensor.shape, ", "), tensor.shape.size() == 1 ? "," : "");
    const size_t before = MAGIC.size() + 4;
    const size_t total = (before + header.size() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    header.resize(total - before - 1, ' ');
    header += '\n';

    std::string head(MAGIC);
    for (const size_t byte : {size_t{1}, size_t{0}, header.size() & 255, header.size() >> 8})
        head += static_cast<char>(byte);
    head += header;
    std::vector<uint8_t> bytes(head.begin(), head.end());
    bytes.insert(bytes.end(), tensor.bytes.begin(), tensor.bytes.end());
    return bytes;
}

}  // namespace permloom
