/// Running a testbench of this directory: stimulus as $readmemh files, the cells, Icarus.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/perm/circuit.h"

namespace permloom::test {

/// Appends fields, the first lowest, and prints them as one hexadecimal number.
class Row {
  public:
    void put(uint64_t value, int bits) {
        for (int i = 0; i < bits; ++i)
            bits_.push_back((value >> i & 1) != 0);
    }
    /// All rows of `bits` end to end, as the cells want them; one 0 where there are none.
    void put(const SwitchBits& bits);
    size_t bit_count() const { return bits_.size(); }
    std::string hex() const;

  private:
    std::vector<bool> bits_;
};

/// ceil(log2 count), at least 1: pl_geometry::index_bits.
int index_bits(int count);

struct Bench {
    std::string top;  ///< module and file TOP.sv here
    std::vector<std::pair<std::string, int>> parameters;
    std::vector<std::pair<std::string, std::string>> macros;
    std::vector<std::pair<std::string, std::string>> files;  ///< name, text
};

/// What the compiled testbench prints, or what the compiler said where it refused.
std::string simulate(const Bench& bench);

/// The paths of all cells in rtl/, in compilation order.
std::vector<std::string> cell_paths();

}  // namespace permloom::test
