#include "compiler/base/process.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;
using Catch::Contains;
using permloom::testing::TemporaryDirectory;

TEST_CASE("process -- gives the output and the exit status") {
    const ProcessResult good = run_process({"sh", "-c", "echo out; echo err >&2"});
    CHECK(good.status == 0);
    CHECK(good.output == "out\nerr\n");
    CHECK(run_process({"sh", "-c", "exit 7"}).status == 7);
    CHECK(run_process({"sh", "-c", "kill -TERM $$"}).status == 128 + 15);
}

TEST_CASE("process -- arguments arrive as they are, no shell reads them") {
    const std::string odd = "a b; $HOME `x` 'q' \"\n*";
    CHECK(run_process({"printf", "%s", odd}).output == odd);
}

TEST_CASE("process -- runs in the directory it is told, with nothing to read") {
    const TemporaryDirectory directory;
    CHECK(run_process({"pwd", "-P"}, directory.path()).output ==
          std::filesystem::canonical(directory.path()).string() + "\n");
    CHECK(run_process({"cat"}).output.empty());
}

TEST_CASE("process -- long output does not block") {
    CHECK(run_process({"sh", "-c", "head -c 300000 /dev/zero"}).output.size() == 300000);
}

TEST_CASE("process -- a program or directory that does not exist is an Error") {
    CHECK_THROWS_WITH(run_process({"permloom-no-such-program"}),
                      Contains("permloom-no-such-program: cannot be started: No such file"));
    CHECK_THROWS_AS(run_process({"true"}, "/no/such/directory"), Error);
}
