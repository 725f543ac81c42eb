/// Weights that other programs wrote, as plain named arrays: Keras HDF5, NumPy .npz, safetensors.
///
/// Which weight belongs to which layer is not decided here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace permloom {

/// One array, row-major.
struct ForeignArray {
    std::string name;
    std::vector<int64_t> shape;  ///< empty: a scalar
    std::vector<float> values;   ///< of any real type in the file; all finite
};

enum class ForeignFormat { keras_hdf5, npz, safetensors };

struct ForeignWeights {
    ForeignFormat format;
    /// keras_hdf5 and npz: in the order of the file, which is the order of creation. safetensors,
    /// which has none: by name, numbers by value ("layer.2" before "layer.10").
    std::vector<ForeignArray> arrays;
};

/// The format that the first bytes of a file tell, or nothing.
std::optional<ForeignFormat> foreign_format(const std::filesystem::path& path);

/// Reads every array of a file, at least one. Throws Error, which names the file and, where it is
/// at fault, the array: damaged, of another kind, without arrays, unsupported type.
ForeignWeights read_foreign(const std::filesystem::path& path);

/// How a program lays out the axes of its weights.
enum class WeightLayout {
    keras,    ///< dense (inputs, outputs), convolution (rows, columns, inputs, outputs)
    pytorch,  ///< dense (outputs, inputs), convolution (outputs, inputs, rows, columns)
};

/// The layout that files of a format have: pytorch for safetensors, keras for the others.
WeightLayout usual_layout(ForeignFormat format);

/// The weight vectors of one layer: row j is the fan-in of output j; of a convolution in the order
/// row of the kernel, column, input channel.
struct WeightVectors {
    std::string name;
    int outputs = 0, length = 0;
    std::vector<float> values;  ///< outputs x length
};

/// Nothing for an array that is neither the matrix of a dense layer nor the kernel of a
/// convolution, which is told by its 2 or 4 axes, or that is empty.
std::optional<WeightVectors> weight_vectors(const ForeignArray& array, WeightLayout layout);

std::string_view to_string(ForeignFormat format);

}  // namespace permloom
