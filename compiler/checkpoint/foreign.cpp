#include "compiler/checkpoint/foreign.h"

#include <algorithm>
#include <cctype>
#include <fstream>

#include "compiler/base/error.h"
#include "compiler/base/file.h"
#include "compiler/checkpoint/keras_hdf5.h"
#include "compiler/checkpoint/npz.h"
#include "compiler/checkpoint/safetensors.h"
#include "compiler/checkpoint/tensor_values.h"

namespace permloom {
namespace fs = std::filesystem;
namespace {

/// The first bytes of a file; fewer where it is shorter.
std::string head_of(const fs::path& path) {
    constexpr size_t LONGEST_SIGNATURE = 9;
    std::error_code code;
    if (fs::is_directory(path, code)) throw Error(path.string(), "is a directory, not a file");
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error(path.string(), "cannot be opened", "check the path");
    std::string head(LONGEST_SIGNATURE, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<size_t>(file.gcount()));
    return head;
}

std::optional<ForeignFormat> format_of(const std::string& head) {
    if (head.starts_with("\x89HDF\r\n\x1a\n")) return ForeignFormat::keras_hdf5;
    // "PK" 3 4: the first member of a zip archive; 5 6: an archive without any.
    if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06")) return ForeignFormat::npz;
    // Eight bytes of header length, then JSON.
    if (head.size() == 9 && head[8] == '{') return ForeignFormat::safetensors;
    return {};
}

bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// Runs of digits compare by value, everything else by character.
bool natural_less(const std::string& a, const std::string& b) {
    const auto number_end = [](const std::string& text, size_t at) {
        while (at < text.size() && is_digit(text[at]))
            ++at;
        return at;
    };
    size_t i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (!is_digit(a[i]) || !is_digit(b[j])) {
            if (a[i] != b[j]) return a[i] < b[j];
            ++i, ++j;
            continue;
        }
        const size_t end_a = number_end(a, i), end_b = number_end(b, j);
        const size_t first_a = std::min(a.find_first_not_of('0', i), end_a);
        const size_t first_b = std::min(b.find_first_not_of('0', j), end_b);
        const std::string digits_a = a.substr(first_a, end_a - first_a);
        const std::string digits_b = b.substr(first_b, end_b - first_b);
        if (digits_a.size() != digits_b.size()) return digits_a.size() < digits_b.size();
        if (digits_a != digits_b) return digits_a < digits_b;
        i = end_a, j = end_b;
    }
    return a.size() - i < b.size() - j;
}

std::vector<ForeignArray> read_safetensors(const fs::path& path) {
    const TensorFile file = parse_safetensors(read_bytes(path), path.string());
    std::vector<ForeignArray> arrays;
    for (const auto& [name, tensor] : file.tensors)
        arrays.push_back(
            {name, tensor.shape, float_values(tensor, path.string() + ": array '" + name + "'")});
    std::stable_sort(
        arrays.begin(), arrays.end(),
        [](const ForeignArray& a, const ForeignArray& b) { return natural_less(a.name, b.name); });
    return arrays;
}

std::vector<ForeignArray> read_arrays(const fs::path& path, ForeignFormat format) {
    switch (format) {
        case ForeignFormat::keras_hdf5:
            return read_keras_hdf5(path);
        case ForeignFormat::npz:
            return read_npz(path);
        case ForeignFormat::safetensors:
            return read_safetensors(path);
    }
    return {};
}

Error unknown_format(const fs::path& path, const std::string& head) {
    if (head.starts_with("\x93NUMPY"))
        return {path.string(), "is a single .npy array", "save the arrays with numpy.savez"};
    if (head.empty()) return {path.string(), "is empty"};
    return {path.string(), "is neither Keras HDF5, .npz nor .safetensors",
            "the first bytes tell the format, whatever the name; convert the file to one of them"};
}

}  // namespace

std::optional<ForeignFormat> foreign_format(const fs::path& path) {
    return format_of(head_of(path));
}

ForeignWeights read_foreign(const fs::path& path) {
    const std::string head = head_of(path);
    const auto format = format_of(head);
    if (!format) throw unknown_format(path, head);
    ForeignWeights weights{*format, read_arrays(path, *format)};
    if (weights.arrays.empty())
        throw Error(
            path.string(), "holds no arrays (read as " + std::string(to_string(*format)) + ")",
            *format == ForeignFormat::npz
                ? "a zip archive of another program? PyTorch weights are read as .safetensors"
                : "save the weights, not only the description of the model");
    return weights;
}

WeightLayout usual_layout(ForeignFormat format) {
    return format == ForeignFormat::safetensors ? WeightLayout::pytorch : WeightLayout::keras;
}

std::optional<WeightVectors> weight_vectors(const ForeignArray& array, WeightLayout layout) {
    const std::vector<int64_t>& shape = array.shape;
    if ((shape.size() != 2 && shape.size() != 4) || array.values.empty()) return {};
    WeightVectors vectors{array.name, 0, 0, std::vector<float>(array.values.size())};
    const bool outputs_last = layout == WeightLayout::keras;
    const auto outputs = static_cast<size_t>(outputs_last ? shape.back() : shape.front());
    const size_t length = array.values.size() / outputs;
    vectors.outputs = static_cast<int>(outputs);
    vectors.length = static_cast<int>(length);
    // (channels, positions) of a PyTorch kernel become (positions, channels).
    const size_t channels = !outputs_last && shape.size() == 4 ? static_cast<size_t>(shape[1]) : 1;
    const size_t positions = length / channels;
    for (size_t j = 0; j < outputs; ++j)
        for (size_t i = 0; i < length; ++i)
            vectors.values[j * length + i] =
                outputs_last ? array.values[i * outputs + j]
                             : array.values[j * length + i % channels * positions + i / channels];
    return vectors;
}

std::string_view to_string(ForeignFormat format) {
    switch (format) {
        case ForeignFormat::keras_hdf5:
            return "Keras HDF5";
        case ForeignFormat::npz:
            return "NumPy .npz";
        case ForeignFormat::safetensors:
            return "safetensors";
    }
    return "";
}

}  // namespace permloom
