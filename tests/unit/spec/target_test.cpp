#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/spec/target.h"

using namespace permloom;
using Catch::Contains;

namespace {

std::string target(const std::string& engine, const std::string& circuit,
                   const std::string& contexts, const std::string& stream) {
    return "name: t\nabout: a\nengine: " + engine + "\ncircuit: " + circuit +
           "\ncontexts: " + contexts + "\npixel_stream_bits: " + stream + "\n";
}

std::string message(const std::string& yaml) {
    try {
        parse_target(yaml, "t.yaml");
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("target -- reads every field") {
    const TargetSpec spec = parse_target(target("folded", "as-waksman", "1", "128"), "t.yaml");
    CHECK(spec.name == "t");
    CHECK(spec.about == "a");
    CHECK(spec.engine == "folded");
    CHECK(spec.circuit == "as-waksman");
    CHECK(spec.contexts == 1);
    CHECK(spec.pixel_stream_bits == 128);
}

TEST_CASE("target -- what cannot be built is refused by key") {
    CHECK_THAT(message(target("fold", "as-waksman", "1", "64")),
               Contains("t.yaml:3: engine: 'fold' cannot be built") && Contains("'folded'?"));
    CHECK_THAT(message(target("folded", "benes", "1", "64")),
               Contains("t.yaml:4: circuit: 'benes'"));
    CHECK_THAT(message(target("folded", "as-waksman", "3", "64")),
               Contains("t.yaml:5: contexts: is 3, must be 1 to 2"));
    CHECK_THAT(message(target("folded", "as-waksman", "1", "12")),
               Contains("t.yaml:6: pixel_stream_bits: must be a whole number of bytes"));
    CHECK_THAT(message("name: t\n"), Contains("t.yaml: key 'about' is missing"));
    CHECK_THAT(message("nam: t\n"), Contains("t.yaml:1: nam: unknown key, did you mean 'name'?"));
}
