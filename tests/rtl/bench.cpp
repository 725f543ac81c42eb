#include "tests/rtl/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "compiler/base/bits.h"
#include "compiler/base/file.h"
#include "compiler/base/process.h"
#include "compiler/emit/rtl_design.h"
#include "tests/support/temporary_directory.h"

namespace permloom::test {

void Row::put(const SwitchBits& bits) {
    for (int row = 0; row < bits.row_count(); ++row)
        for (int i = 0; i < bits.width(row); ++i)
            bits_.push_back(bits.at(row, i));
    if (bits.bit_count() == 0) bits_.push_back(false);
}

std::string Row::hex() const {
    std::string digits;
    for (size_t at = 0; at < bits_.size(); at += 4) {
        unsigned digit = 0;
        for (size_t i = at; i < std::min(at + 4, bits_.size()); ++i)
            digit |= (bits_[i] ? 1U : 0U) << (i - at);
        digits += "0123456789abcdef"[digit];
    }
    std::reverse(digits.begin(), digits.end());
    return digits;
}

int index_bits(int count) {
    return std::max(1, ceil_log2(static_cast<uint64_t>(count)));
}

std::vector<std::string> cell_paths() {
    std::vector<std::string> paths;
    for (const EmittedFile& cell : rtl_cells())
        paths.push_back((std::filesystem::path(PERMLOOM_RTL_DIR) / cell.name).string());
    return paths;
}

std::string simulate(const Bench& bench) {
    const testing::TemporaryDirectory directory;
    std::vector<std::string> compile = {"iverilog", "-g2012", "-s", bench.top, "-o", "tb.vvp"};
    for (const auto& [name, value] : bench.parameters)
        compile.push_back(fmt::format("-P{}.{}={}", bench.top, name, value));
    for (const auto& [name, value] : bench.macros)
        compile.push_back(fmt::format("-D{}={}", name, value));
    for (std::string& path : cell_paths())
        compile.push_back(std::move(path));
    compile.push_back(fmt::format("{}/{}.sv", PERMLOOM_RTL_TEST_DIR, bench.top));
    for (const auto& [name, text] : bench.files)
        write_file(directory / name, text);
    const ProcessResult built = run_process(compile, directory.path());
    if (built.status != 0) return built.output;
    return run_process({"vvp", "-n", "tb.vvp"}, directory.path()).output;
}

}  // namespace permloom::test
