/// Comma-separated values, quoted where needed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace permloom::cli {

struct CsvTable {
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;  ///< each as long as the header

    /// Index of a column. Throws Error with the nearest name at `where`.
    size_t column(const std::string& name, const std::string& where) const;
};

std::string to_csv(const CsvTable& table);

/// Throws Error where the file cannot be read, is empty, or a row has another number of cells than
/// the header.
CsvTable read_csv(const std::filesystem::path& path);

}  // namespace permloom::cli
