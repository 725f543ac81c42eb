#include "compiler/perm/batch_code.h"

#include <algorithm>
#include <optional>
#include <string>

#include "compiler/base/error.h"
#include "compiler/perm/code_stream.h"

namespace permloom {
namespace {

/// Wirings that one thread takes at a time: enough to outweigh taking them.
constexpr size_t PIECE = 16;

/// Calls body(first, last) for the pieces of 0..count-1. Of several errors the one of the first
/// piece is thrown, however the threads were scheduled.
template <class Body>
void for_each_piece(size_t count, ThreadPool& pool, Body body) {
    const size_t pieces = (count + PIECE - 1) / PIECE;
    std::vector<std::optional<Error>> errors(pieces);
    pool.for_each(static_cast<int>(pieces), [&](int index) {
        const auto piece = static_cast<size_t>(index);
        try {
            body(piece * PIECE, std::min(count, (piece + 1) * PIECE));
        } catch (const Error& error) {
            errors[piece] = error;
        }
    });
    for (const auto& error : errors)
        if (error) throw *error;
}

[[noreturn]] void refuse(size_t wiring, const std::string& problem) {
    throw Error("batch of codes", "wiring " + std::to_string(wiring) + " " + problem);
}

}  // namespace

CodedBatch encode_batch(const Code& code, std::span<const Permutation> sources,
                        const DeviceClasses& classes, ThreadPool& pool) {
    // Each piece writes its own string; they are joined in order afterwards.
    std::vector<std::vector<uint8_t>> strings((sources.size() + PIECE - 1) / PIECE);
    std::vector<uint64_t> sizes(sources.size());
    for_each_piece(sources.size(), pool, [&](size_t first, size_t last) {
        std::vector<uint8_t>& bytes = strings[first / PIECE];
        BitWriter writer;
        for (size_t i = first; i < last; ++i) {
            std::span<const uint8_t> coded;
            try {
                coded = code_stream::encode_one(code, sources[i], classes, writer);
            } catch (const Error& error) {
                refuse(i, error.problem());
            }
            bytes.insert(bytes.end(), coded.begin(), coded.end());
            sizes[i] = coded.size();
        }
    });
    CodedBatch batch;
    batch.begin.reserve(sources.size() + 1);
    batch.begin.push_back(0);
    for (const uint64_t size : sizes)
        batch.begin.push_back(batch.begin.back() + size);
    batch.bytes.reserve(batch.begin.back());
    for (const auto& bytes : strings)
        batch.bytes.insert(batch.bytes.end(), bytes.begin(), bytes.end());
    return batch;
}

std::vector<Permutation> decode_batch(const Code& code, const CodedBatch& batch,
                                      const DeviceClasses& classes, ThreadPool& pool) {
    const std::vector<uint64_t>& begin = batch.begin;
    if (begin.empty() ? !batch.bytes.empty()
                      : begin.front() != 0 || begin.back() != batch.bytes.size() ||
                            !std::is_sorted(begin.begin(), begin.end()))
        throw Error("batch of codes", "the places where codes begin do not divide its " +
                                          std::to_string(batch.bytes.size()) + " bytes");
    std::vector<Permutation> sources(batch.wirings());
    for_each_piece(sources.size(), pool, [&](size_t first, size_t last) {
        for (size_t i = first; i < last; ++i) {
            const std::span<const uint8_t> bytes =
                std::span(batch.bytes).subspan(begin[i], begin[i + 1] - begin[i]);
            try {
                code_stream::Decoded decoded = code_stream::decode_one(code, classes, bytes);
                if (decoded.bytes != bytes.size())
                    throw Error("code", "has " + std::to_string(bytes.size()) + " bytes, " +
                                            std::to_string(decoded.bytes) + " of them used");
                sources[i] = std::move(decoded.source);
            } catch (const Error& error) {
                refuse(i, std::string("cannot be decoded: ") + error.what());
            }
        }
    });
    return sources;
}

}  // namespace permloom
