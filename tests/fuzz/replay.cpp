// Runs files, or every file of a directory, through the fuzzer it is linked to.

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>
#include <vector>

#include "compiler/base/file.h"
#include "tests/fuzz/fuzz.h"

int main(int argc, char** argv) {
    namespace fs = std::filesystem;
    try {
        std::vector<fs::path> files;
        for (int i = 1; i < argc; ++i)
            if (fs::is_directory(argv[i]))
                for (const auto& entry : fs::directory_iterator(argv[i]))
                    files.push_back(entry.path());
            else
                files.emplace_back(argv[i]);
        std::sort(files.begin(), files.end());
        for (const fs::path& file : files) {
            std::cerr << file.string() << '\n';  // the last line names the culprit
            const std::vector<uint8_t> bytes = permloom::read_bytes(file);
            LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        }
        std::cout << files.size() << " inputs hold\n";
        return files.empty() ? 1 : 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
