#include "compiler/base/error.h"

#include <algorithm>
#include <numeric>

namespace permloom {
namespace {

std::string compose(const std::string& where, const std::string& problem, const std::string& hint) {
    std::string text = where.empty() ? problem : where + ": " + problem;
    if (!hint.empty()) text += "\n  hint: " + hint;
    return text;
}

/// Levenshtein distance, two rows.
size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t substitute = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({substitute, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

Error::Error(std::string where, std::string problem, std::string hint, ErrorKind kind)
    : std::runtime_error(compose(where, problem, hint)),
      where_(std::move(where)),
      problem_(std::move(problem)),
      hint_(std::move(hint)),
      kind_(kind) {}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string* best = nullptr;
    size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        const size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = &candidate;
        }
    }
    return best ? ", did you mean '" + *best + "'?" : "";
}

namespace detail {
void invariant_failed(const char* expression, const char* file, int line) {
    throw InvariantError(std::string("internal error: ") + expression + " is false at " + file +
                         ":" + std::to_string(line) + "; please report this");
}
}  // namespace detail

}  // namespace permloom
