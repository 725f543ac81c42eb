#include "compiler/perm/wiring_rank.h"
#include "tests/fuzz/fuzz.h"

using namespace permloom;

/// A rank that is accepted is the rank of what it decodes to, and below the number of wirings.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    fuzz::Input input(data, size);
    const bool permutations = input.byte() % 2 == 0;
    const uint64_t rank = input.word() >> (input.byte() % 64);
    try {
        if (permutations) {
            const Permutation p = unrank(input.byte() % 24, rank);
            fuzz::require(rank_of(p) == rank, "a permutation has the rank it was made from");
            return 0;
        }
        const DeviceClasses classes = input.classes();
        const Permutation source = wiring_of_rank(rank, classes);
        fuzz::require(is_canonical(source, classes), "a decoded wiring is canonical");
        fuzz::require(wiring_rank(source, classes) == rank,
                      "a wiring has the rank it was made from");
        fuzz::require(rank < wiring_count(classes).value(),
                      "ranks are below the number of wirings");
    } catch (const Error&) {
        return 0;
    }
    return 0;
}
