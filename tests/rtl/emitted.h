/// Random chips with their vectors, and directories of emitted files.
#pragma once

#include <filesystem>
#include <vector>

#include "compiler/base/file.h"
#include "compiler/emit/vectors.h"
#include "tests/support/random_chip.h"

namespace permloom::test {

inline EmitVectors random_vectors(const Chip& chip, const Wiring& wiring, int images, Rng& rng) {
    EmitVectors vectors;
    for (int i = 0; i < images; ++i) {
        const Image image = random_image(chip, rng);
        const Expected expected = wiring.infer(chip, image);
        vectors.codes.push_back(image);
        vectors.logits.emplace_back(expected.written.back().begin(), expected.written.back().end());
        vectors.labels.push_back(expected.label);
    }
    return vectors;
}

inline void write_files(const std::vector<EmittedFile>& files,
                        const std::filesystem::path& directory) {
    for (const EmittedFile& file : files) {
        std::filesystem::create_directories((directory / file.name).parent_path());
        write_file(directory / file.name, file.text);
    }
}

}  // namespace permloom::test
