#include "compiler/emit/vectors.h"

#include <fmt/format.h>

#include "compiler/base/error.h"

namespace permloom {
namespace {

/// The beats of all images on the pixel stream, a line each.
std::string pixel_lines(const Chip& chip, const EmitVectors& vectors) {
    const int digits = (chip.pixel_stream_bits + 3) / 4;
    std::string text;
    for (const auto& codes : vectors.codes) {
        PERMLOOM_ASSERT(codes.size() == static_cast<size_t>(chip.inputs()));
        for (int beat = 0; beat < chip.pixel_beats(); ++beat) {
            uint64_t data = 0;
            for (int lane = 0; lane < chip.pixels_per_beat(); ++lane) {
                const int pixel = beat * chip.pixels_per_beat() + lane;
                if (pixel < chip.inputs())
                    data |= uint64_t{codes[static_cast<size_t>(pixel)]} << (lane * chip.in_bits());
            }
            text += fmt::format("{:0{}x}\n", data, digits);
        }
    }
    return text;
}

std::vector<uint32_t> result_words(const EmitVectors& vectors) {
    std::vector<uint32_t> words;
    for (size_t i = 0; i < vectors.logits.size(); ++i) {
        for (const int64_t logit : vectors.logits[i])
            words.push_back(static_cast<uint32_t>(logit));
        words.push_back(static_cast<uint32_t>(vectors.labels[i]));
    }
    return words;
}

}  // namespace

std::vector<EmittedFile> vector_files(const Chip& chip, const EmitVectors& vectors) {
    const size_t images = vectors.codes.size();
    if (images == 0) throw Error("emit", "no images for the testbench", "give --count 1 or more");
    PERMLOOM_ASSERT(vectors.logits.size() == images && vectors.labels.size() == images);
    return {{"pixels.hex", pixel_lines(chip, vectors)},
            {"expected.hex", hex_words(result_words(vectors))}};
}

std::string hex_words(std::span<const uint32_t> words) {
    std::string text;
    for (const uint32_t word : words)
        text += fmt::format("{:08x}\n", word);
    return text;
}

}  // namespace permloom
