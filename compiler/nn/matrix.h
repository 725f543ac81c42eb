/// Row-major float matrices by reference, and the three products that dense layers need.
///
/// Single-threaded: callers split the work into pieces that do not depend on the number of threads.
/// The same call on the same instruction set gives the same bytes.
#pragma once

namespace permloom {

struct ConstMatrix {
    const float* data = nullptr;
    int rows = 0, columns = 0;
    int stride = 0;  ///< elements from one row to the next

    /// Rows [r, r + rows) and columns [c, c + columns).
    ConstMatrix block(int r, int c, int block_rows, int block_columns) const {
        return {data + static_cast<long>(r) * stride + c, block_rows, block_columns, stride};
    }
};

struct Matrix {
    float* data = nullptr;
    int rows = 0, columns = 0;
    int stride = 0;

    Matrix block(int r, int c, int block_rows, int block_columns) const {
        return {data + static_cast<long>(r) * stride + c, block_rows, block_columns, stride};
    }
    float* row(int r) const { return data + static_cast<long>(r) * stride; }
    operator ConstMatrix() const { return {data, rows, columns, stride}; }
};

/// c = a * b
void multiply(ConstMatrix a, ConstMatrix b, Matrix c);
/// c = a * transpose(b)
void multiply_transposed(ConstMatrix a, ConstMatrix b, Matrix c);
/// c = transpose(a) * b
void transposed_multiply(ConstMatrix a, ConstMatrix b, Matrix c);

}  // namespace permloom
