#include <algorithm>

#include "compiler/perm/code_stream.h"
#include "tests/fuzz/fuzz.h"

using namespace permloom;

/// Reads the input as a stream that arrives in small steps: writing what was read gives the bytes
/// that were taken, all of them where the reader found no fault.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    fuzz::Input input(data, size);
    const Code& code = *all_codes()[input.byte() % all_codes().size()];
    const size_t step = 1 + input.byte();
    const DeviceClasses classes = input.classes();
    const std::span<const uint8_t> bytes = input.rest();

    size_t given = 0;
    CodeStreamReader reader(code, classes, [&](std::span<uint8_t> out) {
        const size_t count = std::min({step, out.size(), bytes.size() - given});
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(given), count, out.begin());
        given += count;
        return count;
    });
    size_t written = 0;
    CodeStreamWriter writer(code, classes, [&](std::span<const uint8_t> more) {
        fuzz::require(more.size() <= bytes.size() - written, "no more is written than was read");
        fuzz::require(std::equal(more.begin(), more.end(),
                                 bytes.begin() + static_cast<std::ptrdiff_t>(written)),
                      "what is written is what was read");
        written += more.size();
    });
    bool ended = false;
    try {
        while (const auto source = reader.next())
            writer.write(*source);
        ended = true;
    } catch (const Error&) {
        ended = false;
    }
    fuzz::require(reader.bytes() == written && reader.wirings() == writer.wirings(),
                  "reader and writer count the same");
    fuzz::require(!ended || written == bytes.size(), "a stream without a fault is read whole");
    return 0;
}
