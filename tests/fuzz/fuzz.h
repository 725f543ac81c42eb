/// What the fuzzers share: taking an input apart, and the property that every decoder must have.
///
/// A fuzzer is one file with LLVMFuzzerTestOneInput. libFuzzer calls it with inputs it invents
/// (tools/dev/fuzz), the default tests call it with the files of corpus/NAME.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/perm/code.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace permloom::fuzz {

/// Stops the fuzzer, which then keeps the input, unless `holds`.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "violated: %s\n", property);
    std::abort();
}

/// Takes an input apart from the front; zeros behind its end.
class Input {
  public:
    Input(const uint8_t* data, size_t size) : rest_(data, size) {}

    uint8_t byte() {
        if (rest_.empty()) return 0;
        const uint8_t value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }
    uint64_t word() {
        uint64_t value = 0;
        for (int i = 0; i < 8; ++i)
            value |= uint64_t{byte()} << (8 * i);
        return value;
    }
    /// Up to 80 slots: at most 39 all distinct, or up to 20 classes of up to 4 slots. Enough for
    /// codes of several words and for two levels of counts; longer ones are the unit tests' work.
    DeviceClasses classes() {
        DeviceClasses classes;
        const int count = byte() % 21;
        const int distinct = count == 0 ? byte() % 40 : 0;
        for (int c = 0; c < count + distinct; ++c) {
            const int size = count == 0 ? 1 : 1 + byte() % 4;
            classes.of_slot.insert(classes.of_slot.end(), static_cast<size_t>(size), c);
        }
        classes.count = count + distinct;
        return classes;
    }
    std::span<const uint8_t> rest() const { return rest_; }

  private:
    std::span<const uint8_t> rest_;
};

/// Decodes the rest of the input after its classes: what is accepted must be canonical and encode
/// to the very bits that were read.
inline int check_code(const char* name, const uint8_t* data, size_t size) {
    const Code& code = code_named(name);
    Input input(data, size);
    const DeviceClasses classes = input.classes();
    BitReader in(input.rest());
    Permutation source;
    try {
        source = code.decode(classes, in);
    } catch (const Error&) {
        return 0;
    }
    require(source.size() == classes.slots(), "a wiring has as many entries as the bank slots");
    require(is_canonical(source, classes), "a decoded wiring is canonical");
    BitWriter out;
    code.encode(source, classes, out);
    require(out.bit_count() == in.position(), "a code has the bits that were read");
    require(out.bit_count() <= code.max_bits(classes), "no code has more than max_bits bits");
    const std::vector<uint8_t> bytes = out.take();
    BitReader read(input.rest()), written(bytes);
    for (uint64_t left = in.position(); left > 0;) {
        const int count = left < 64 ? static_cast<int>(left) : 64;
        require(read.get(count) == written.get(count), "a code has the very bits that were read");
        left -= static_cast<uint64_t>(count);
    }
    return 0;
}

}  // namespace permloom::fuzz
