/// From chip to bitstream and back: Yosys, nextpnr, icebram, icepack, and the netlist in Icarus.
#include <catch2/catch.hpp>

#include "compiler/base/process.h"
#include "compiler/emit/boot_images.h"
#include "compiler/emit/ice40.h"
#include "tests/rtl/emitted.h"
#include "tests/support/temporary_directory.h"

using namespace permloom;

TEST_CASE("ice40 -- bitstream and netlist of a small chip, and another configuration into both") {
    for (const Engine engine :
         {Engine::folded, Engine::serial, Engine::level, Engine::programmable}) {
        Rng rng(11);
        const test::ChipShape shape{.inputs = 8,
                                    .layers = {{.outputs = 3,
                                                .shared_profile = true,
                                                .engine = engine,
                                                .lanes = engine == Engine::level ? 2 : 1}},
                                    .contexts = 1,
                                    .pixel_stream_bits = 8,
                                    .in_bits = 4};
        const Chip chip = test::random_chip(shape, rng);
        const test::Wiring first = test::random_wiring(chip, rng);
        const test::Wiring second = test::random_wiring(chip, rng);
        const testing::TemporaryDirectory directory;
        const auto make = [&](const std::vector<std::string>& words) {
            std::vector<std::string> command = {"make", "-s", "IMAGES=3"};
            command.insert(command.end(), words.begin(), words.end());
            return run_process(command, directory.path());
        };
        INFO("engine " << to_string(engine));
        test::write_files(emit_ice40("ice40-hx8k", chip, first.configuration,
                                     test::random_vectors(chip, first, 3, rng), {}),
                          directory.path());
        for (const char* goal : {"bitstream", "gate"}) {
            const ProcessResult made = make({goal});
            INFO(goal << ": " << made.output);
            CHECK(made.status == 0);
        }
        // The second configuration: exchanged in the finished bitstream, and built from scratch.
        for (const EmittedFile& image : boot_images(chip, expand(chip, second.configuration))) {
            std::filesystem::create_directories(directory / "other");
            write_file(directory / "other" / image.name, image.text);
        }
        CHECK(make({"fill", "IMAGES_FROM=other", "TO=exchanged.bin"}).status == 0);
        const std::vector<uint8_t> exchanged = read_bytes(directory / "exchanged.bin");
        CHECK(exchanged != read_bytes(directory / (chip.name + ".bin")));
        std::filesystem::remove_all(directory / "build");
        for (const EmittedFile& image : boot_images(chip, expand(chip, second.configuration))) {
            write_file(directory / "config" / image.name, image.text);
            write_file(directory / "blank" / image.name, image.text);
        }
        const ProcessResult built = make({"build/top.asc"});
        INFO(built.output);
        REQUIRE(built.status == 0);
        REQUIRE(run_process({"icepack", "build/top.asc", "built.bin"}, directory.path()).status ==
                0);
        CHECK(read_bytes(directory / "built.bin") == exchanged);
    }
}
