/// Typed, checked access to the entries of a checkpoint's file, inside this room.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "compiler/base/error.h"
#include "compiler/checkpoint/safetensors.h"

namespace permloom {

inline size_t index(int i) {
    return static_cast<size_t>(i);
}

/// Adds a tensor; an empty one is left out.
template <class T>
void put(TensorFile& file, const std::string& name, const std::vector<T>& values, int columns) {
    if (values.empty()) return;
    const int64_t rows = static_cast<int64_t>(values.size()) / columns;
    file.tensors[name] = Tensor::of(std::span<const T>(values), {rows, columns});
}

/// Every error names the file and the entry.
class TensorReader {
  public:
    TensorReader(const TensorFile& file, std::string where)
        : file_(file), where_(std::move(where)) {}

    Error damaged(const std::string& entry, const std::string& what) const {
        return Error(where_, "'" + entry + "' " + what,
                     "the file was not written by permloom train");
    }

    const std::string& text(const std::string& key) const {
        const auto found = file_.metadata.find(key);
        if (found == file_.metadata.end()) throw damaged(key, "is missing");
        return found->second;
    }

    std::string text_or_empty(const std::string& key) const {
        const auto found = file_.metadata.find(key);
        return found == file_.metadata.end() ? std::string{} : found->second;
    }

    template <class T>
    T number(const std::string& key) const {
        const std::string& digits = text(key);
        T value{};
        const auto [end, code] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (code != std::errc{} || end != digits.data() + digits.size())
            throw damaged(key, "is not a number");
        return value;
    }

    double finite(const std::string& key) const {
        const auto value = number<double>(key);
        if (!std::isfinite(value)) throw damaged(key, "is not finite");
        return value;
    }

    /// The values of a 2-D tensor with `columns` columns; empty when it is absent.
    template <class T>
    std::vector<T> values(const std::string& name, int columns) const {
        const auto found = file_.tensors.find(name);
        if (found == file_.tensors.end()) return {};
        const Tensor& tensor = found->second;
        if (tensor.dtype != (std::is_same_v<T, float> ? "F32" : "I32"))
            throw damaged(name, "has type " + tensor.dtype);
        if (tensor.shape.size() != 2 || tensor.shape[1] != columns)
            throw damaged(name, fmt::format("does not have {} columns", columns));
        std::vector<T> result(tensor.bytes.size() / sizeof(T));
        if (!result.empty()) std::memcpy(result.data(), tensor.bytes.data(), tensor.bytes.size());
        if constexpr (std::is_same_v<T, float>) {
            for (const float value : result)
                if (!std::isfinite(value)) throw damaged(name, "holds a value that is not finite");
        }
        return result;
    }

    template <class T>
    std::vector<T> matrix(const std::string& name, int rows, int columns) const {
        std::vector<T> result = values<T>(name, columns);
        if (result.size() != index(rows) * index(columns))
            throw damaged(name, fmt::format("is not a {} x {} tensor", rows, columns));
        return result;
    }

    /// A matrix whose rows each hold 0 .. columns - 1 once.
    std::vector<int32_t> permutations(const std::string& name, int rows, int columns) const {
        std::vector<int32_t> result = matrix<int32_t>(name, rows, columns);
        std::vector<int> seen(index(columns), -1);
        for (int row = 0; row < rows; ++row) {
            for (int c = 0; c < columns; ++c) {
                const int32_t entry = result[index(row) * index(columns) + index(c)];
                if (entry < 0 || entry >= columns || seen[index(entry)] == row)
                    throw damaged(name, fmt::format("is not a permutation in row {}", row));
                seen[index(entry)] = row;
            }
        }
        return result;
    }

  private:
    const TensorFile& file_;
    std::string where_;
};

}  // namespace permloom
