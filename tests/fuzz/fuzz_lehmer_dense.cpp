#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return permloom::fuzz::check_code("lehmer-dense", data, size);
}
