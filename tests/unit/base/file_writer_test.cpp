#include "compiler/base/file_writer.h"

#include <catch2/catch.hpp>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;
using Catch::Contains;
using permloom::testing::TemporaryDirectory;

namespace {

std::ptrdiff_t entries(const std::filesystem::path& directory) {
    return std::distance(std::filesystem::directory_iterator(directory), {});
}

}  // namespace

TEST_CASE("file writer -- pieces arrive in order, and only with commit") {
    const TemporaryDirectory directory;
    const std::filesystem::path path = directory / "f";
    write_file(path, std::string_view("old"));
    FileWriter writer(path);
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        const std::string piece(static_cast<size_t>(i), static_cast<char>('a' + i % 26));
        writer.append(piece);
        expected += piece;
    }
    CHECK(read_text(path) == "old");
    writer.commit();
    CHECK(read_text(path) == expected);
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("file writer -- without commit everything stays as it was") {
    const TemporaryDirectory directory;
    write_file(directory / "old", std::string_view("old"));
    {
        FileWriter over(directory / "old"), fresh(directory / "new");
        over.append(std::string_view("half"));
        fresh.append(std::string_view("half"));
        CHECK(entries(directory.path()) == 3);
    }
    CHECK(read_text(directory / "old") == "old");
    CHECK(entries(directory.path()) == 1);
}

TEST_CASE("file writer -- what a killed writer left is removed, and nothing else") {
    const TemporaryDirectory directory;
    for (const char* name : {"f", "f.tmp-aB3xY9", "f.tmp-aB3xY9z", "f.backup", "g.tmp-aB3xY9"})
        write_file(directory / name, std::string_view("x"));
    FileWriter::remove_leftovers(directory / "f");
    CHECK_FALSE(std::filesystem::exists(directory / "f.tmp-aB3xY9"));
    CHECK(entries(directory.path()) == 4);
    FileWriter::remove_leftovers(directory / "none/f");
    // A writer's own name is one that would be found.
    FileWriter writer(directory / "f");
    CHECK(entries(directory.path()) == 5);
    FileWriter::remove_leftovers(directory / "f");
    CHECK(entries(directory.path()) == 4);
}

TEST_CASE("file writer -- where it cannot write it says so at once") {
    const TemporaryDirectory directory;
    CHECK_THROWS_WITH(FileWriter(directory / "none/f"),
                      Contains("none/f: cannot write: No such file"));
}
