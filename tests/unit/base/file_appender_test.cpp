#include "compiler/base/file_appender.h"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;
using Catch::Contains;
using permloom::testing::TemporaryDirectory;

TEST_CASE("file appender -- adds to what is there, at once") {
    const TemporaryDirectory directory;
    FileAppender appender(directory / "f");
    CHECK(read_text(directory / "f").empty());
    appender.append("one\n");
    CHECK(read_text(directory / "f") == "one\n");
    appender.append("two\n");
    appender.sync();
    FileAppender(directory / "f").append("three\n");
    appender.append("four\n");
    CHECK(read_text(directory / "f") == "one\ntwo\nthree\nfour\n");
}

TEST_CASE("file appender -- where it cannot write it says so, and leaves what was there") {
    const TemporaryDirectory directory;
    CHECK_THROWS_WITH(FileAppender(directory / "none/f"),
                      Contains("none/f: cannot write: No such file"));

    FileAppender appender(directory / "f");
    appender.append("line\n");
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{8, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string message;
    try {
        appender.append("a line that does not fit\n");
    } catch (const Error& error) {
        message = error.what();
    }
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
    CHECK_THAT(message, Contains("f: cannot write: File too large"));
    CHECK(read_text(directory / "f") == "line\n");
}
