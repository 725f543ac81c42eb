/// The 1797 handwritten digits that come with permloom (see README.md for their origin).
#pragma once

#include "compiler/data/dataset.h"

namespace permloom {

/// 8x8 images, values 0..16; image i is a test image when i % 5 == 0.
void load_digits(Images& train, Images& test);

}  // namespace permloom
