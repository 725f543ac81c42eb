#include "tools/permloom/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "compiler/base/error.h"
#include "compiler/base/file.h"

namespace permloom::cli {
namespace {

std::string quoted(const std::string& cell) {
    if (cell.find_first_of(",\"\n") == std::string::npos) return cell;
    std::string text = "\"";
    for (const char c : cell)
        text += c == '"' ? "\"\"" : std::string(1, c);
    return text + '"';
}

std::string line_of(const std::vector<std::string>& cells) {
    std::string line;
    for (const std::string& cell : cells)
        line += (&cell == cells.data() ? "" : ",") + quoted(cell);
    return line + '\n';
}

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells(1);
    bool inside = false;
    for (size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"' && inside && i + 1 < line.size() && line[i + 1] == '"') {
            cells.back() += c;
            ++i;
        } else if (c == '"') {
            inside = !inside;
        } else if (c == ',' && !inside) {
            cells.emplace_back();
        } else if (c != '\r') {
            cells.back() += c;
        }
    }
    return cells;
}

}  // namespace

size_t CsvTable::column(const std::string& name, const std::string& where) const {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end())
        throw Error(where, "'" + name + "' is no column" + did_you_mean(name, header),
                    fmt::format("its columns are {}", fmt::join(header, ", ")));
    return static_cast<size_t>(found - header.begin());
}

std::string to_csv(const CsvTable& table) {
    std::string text = line_of(table.header);
    for (const auto& row : table.rows)
        text += line_of(row);
    return text;
}

CsvTable read_csv(const std::filesystem::path& path) {
    CsvTable table;
    std::istringstream text(read_text(path));
    int number = 0;
    for (std::string line; std::getline(text, line);) {
        ++number;
        if (line.empty()) continue;
        auto cells = cells_of(line);
        if (table.header.empty()) {
            table.header = std::move(cells);
            continue;
        }
        if (cells.size() != table.header.size())
            throw Error(
                fmt::format("{}:{}", path.string(), number),
                fmt::format("has {} cells, the header {}", cells.size(), table.header.size()));
        table.rows.push_back(std::move(cells));
    }
    if (table.rows.empty()) throw Error(path.string(), "holds no rows");
    return table;
}

}  // namespace permloom::cli
