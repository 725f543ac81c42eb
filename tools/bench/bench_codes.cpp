// Lehmer digits and the codes, each way.

#include <benchmark/benchmark.h>

#include <memory>

#include "compiler/base/error.h"
#include "compiler/perm/code.h"
#include "compiler/perm/factorial_stream.h"
#include "tools/bench/bench.h"

namespace permloom::bench {
namespace {

/// A bijection between permutations and digits, in the caller's memory.
struct DigitSystem {
    const char* name;
    void (*encode)(const Permutation&, std::span<int32_t>);
    void (*decode)(std::span<const int32_t>, std::span<int32_t>);
};

/// Encodes the random permutations of one size.
Case digits_encode(const DigitSystem& system, int n) {
    const auto digits = std::make_shared<std::vector<int32_t>>(static_cast<size_t>(n));
    const auto check = [system, n, digits] {
        std::vector<int32_t> values(static_cast<size_t>(n));
        for (const Permutation& p : random_permutations(n)) {
            system.encode(p, *digits);
            system.decode(*digits, values);
            PERMLOOM_ASSERT(Permutation(values) == p);
        }
        return CodeBits{};
    };
    const auto run = [system, digits, &inputs = random_permutations(n)](size_t input) {
        system.encode(inputs[input], *digits);
        ::benchmark::DoNotOptimize(digits->data());
    };
    return {.name = std::string(system.name) + "-encode", .n = n, .check = check, .run = run};
}

Case digits_decode(const DigitSystem& system, int n) {
    struct Inputs {
        std::vector<std::vector<int32_t>> digits;
        std::vector<int32_t> values;
    };
    const auto inputs = std::make_shared<Inputs>();
    const auto check = [system, n, inputs] {
        inputs->values.resize(static_cast<size_t>(n));
        for (const Permutation& p : random_permutations(n)) {
            inputs->digits.emplace_back(static_cast<size_t>(n));
            system.encode(p, inputs->digits.back());
            system.decode(inputs->digits.back(), inputs->values);
            PERMLOOM_ASSERT(Permutation(inputs->values) == p);
        }
        return CodeBits{};
    };
    const auto run = [system, inputs](size_t input) {
        system.decode(inputs->digits[input], inputs->values);
        ::benchmark::DoNotOptimize(inputs->values.data());
    };
    return {.name = std::string(system.name) + "-decode", .n = n, .check = check, .run = run};
}

/// A bank of n devices in `count` classes as equal as can be; count = 0: all distinct.
DeviceClasses equal_classes(int n, int count) {
    std::vector<int32_t> devices;
    const int64_t classes = count == 0 ? n : count;
    for (int64_t i = 0; i < n; ++i)
        devices.push_back(static_cast<int32_t>(i * classes / n));
    return classes_of(devices);
}

/// What the two cases of one code share: the wirings and their codes.
struct CodeInputs {
    const Code& code;
    DeviceClasses classes;
    std::vector<Permutation> wirings;
    std::vector<std::vector<uint8_t>> codes;
    BitWriter writer;

    CodeBits prepare() {
        double bits = 0.0;
        const int n = classes.slots();
        if (wirings.empty())
            for (const Permutation& p : random_permutations(n)) {
                wirings.push_back(canonical(p, classes));
                code.encode(wirings.back(), classes, writer);
                codes.push_back(writer.take());
            }
        for (size_t i = 0; i < wirings.size(); ++i) {
            BitReader reader(codes[i]);
            PERMLOOM_ASSERT(code.decode(classes, reader) == wirings[i]);
            reader.expect_end();
            bits += static_cast<double>(reader.position());
        }
        return {bits / static_cast<double>(wirings.size()), wiring_bound_bits(classes)};
    }
};

/// Encoding and decoding with one code. `count` classes, 0 for all distinct.
void add_code(std::vector<Case>& cases, const char* code, int n, int count) {
    const auto inputs = std::make_shared<CodeInputs>(
        CodeInputs{code_named(code), equal_classes(n, count), {}, {}, {}});
    const std::string name =
        "code-" + std::string(code) + (count == 0 ? "" : "-L" + std::to_string(count));
    const auto check = [inputs] { return inputs->prepare(); };
    const auto encode = [inputs](size_t input) {
        inputs->writer.clear();
        inputs->code.encode(inputs->wirings[input], inputs->classes, inputs->writer);
        ::benchmark::DoNotOptimize(inputs->writer.bytes().data());
    };
    const auto decode = [inputs](size_t input) {
        BitReader reader(inputs->codes[input]);
        ::benchmark::DoNotOptimize(inputs->code.decode(inputs->classes, reader));
    };
    cases.push_back({.name = name + "-encode", .n = n, .check = check, .run = encode});
    cases.push_back({.name = name + "-decode", .n = n, .check = check, .run = decode});
}

}  // namespace

std::vector<Case> code_cases() {
    const DigitSystem systems[] = {
        {"lehmer-digits", lehmer_digits, from_lehmer_digits},
        {"factorial-digits", factorial_digits, from_factorial_digits},
    };
    std::vector<Case> cases;
    for (const int n : sizes()) {
        for (const DigitSystem& system : systems) {
            cases.push_back(digits_encode(system, n));
            cases.push_back(digits_decode(system, n));
        }
        for (const char* code : {"lehmer", "lehmer-dense", "factorial-stream", "index", "multiset"})
            add_code(cases, code, n, 0);
        for (const int count : {2, 4, 16}) {
            add_code(cases, "multiset", n, count);
            add_code(cases, "level-map", n, count);
        }
    }
    return cases;
}

}  // namespace permloom::bench
