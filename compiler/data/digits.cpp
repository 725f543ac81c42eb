#include "compiler/data/digits.h"

#include "compiler/base/embedded_file.h"
#include "compiler/base/error.h"

namespace permloom {

/// digits.txt: a line an image, 64 letters 'a' (0) to 'q' (16) row by row, then the label.
const std::vector<EmbeddedFile>& digits_file();

void load_digits(Images& train, Images& test) {
    constexpr size_t PIXELS = 64, LINE = PIXELS + 2;
    const std::string_view text = digits_file().front().text;
    PERMLOOM_ASSERT(text.size() % LINE == 0);
    for (Images* part : {&train, &test}) {
        *part = {};
        part->rows = part->columns = 8;
    }
    for (size_t i = 0; i < text.size() / LINE; ++i) {
        const std::string_view line = text.substr(i * LINE, LINE);
        Images& part = i % 5 == 0 ? test : train;
        for (const char letter : line.substr(0, PIXELS))
            part.pixels.push_back(static_cast<uint8_t>(letter - 'a'));
        part.labels.push_back(static_cast<uint8_t>(line[PIXELS] - '0'));
        ++part.count;
    }
}

}  // namespace permloom
