#include "compiler/perm/batch_code.h"
#include "tests/fuzz/fuzz.h"

using namespace permloom;

/// Decodes the input as a batch whose codes begin anywhere: what is accepted is the batch that
/// encoding gives.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static ThreadPool pool(1);
    fuzz::Input input(data, size);
    const Code& code = *all_codes()[input.byte() % all_codes().size()];
    CodedBatch batch;
    for (int count = input.byte() % 8; count > 0; --count)
        batch.begin.push_back(input.byte() % 64);
    const DeviceClasses classes = input.classes();
    batch.bytes.assign(input.rest().begin(), input.rest().end());
    std::vector<Permutation> sources;
    try {
        sources = decode_batch(code, batch, classes, pool);
    } catch (const Error&) {
        return 0;
    }
    const CodedBatch again = encode_batch(code, sources, classes, pool);
    fuzz::require(again.bytes == batch.bytes, "a batch has the very bytes that were decoded");
    fuzz::require(batch.begin.empty() || again.begin == batch.begin,
                  "codes begin where they were decoded");
    return 0;
}
