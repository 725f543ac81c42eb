#include "compiler/nn/matrix.h"

#include <dnnl.h>

#include "compiler/base/error.h"
#include "compiler/nn/kernels.h"
#include "compiler/nn/small_product.h"

namespace permloom {
namespace {

void product(char transpose_a, char transpose_b, ConstMatrix a, ConstMatrix b, Matrix c,
             int summed) {
    run_kernels_on_this_thread();
    const dnnl_status_t status =
        dnnl_sgemm(transpose_a, transpose_b, c.rows, c.columns, summed, 1.0F, a.data, a.stride,
                   b.data, b.stride, 0.0F, c.data, c.stride);
    PERMLOOM_ASSERT(status == dnnl_success);
}

}  // namespace

void multiply(ConstMatrix a, ConstMatrix b, Matrix c) {
    PERMLOOM_ASSERT(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns);
    if (suits_small_product(c.rows, c.columns, a.columns))
        small_product(a.data, a.stride, 1, b, c);
    else
        product('N', 'N', a, b, c, a.columns);
}

void multiply_transposed(ConstMatrix a, ConstMatrix b, Matrix c) {
    PERMLOOM_ASSERT(a.columns == b.columns && c.rows == a.rows && c.columns == b.rows);
    if (suits_small_product(c.rows, c.columns, a.columns))
        small_product_transposed(a, b, c);
    else
        product('N', 'T', a, b, c, a.columns);
}

void transposed_multiply(ConstMatrix a, ConstMatrix b, Matrix c) {
    PERMLOOM_ASSERT(a.rows == b.rows && c.rows == a.columns && c.columns == b.columns);
    if (suits_small_product(c.rows, c.columns, a.rows))
        small_product(a.data, 1, a.stride, b, c);
    else
        product('T', 'N', a, b, c, a.rows);
}

}  // namespace permloom
