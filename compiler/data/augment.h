/// Random changes of training images, as Keras' ImageDataGenerator makes them (fill_mode
/// "nearest", order-1 interpolation): a pixel of the changed image is read at
///
///     rotate(angle) * (zoom * position + shift)
///
/// of the source image, all positions from the centre of the image, then the image is mirrored.
/// Positions outside of the source read its nearest border pixel. The centre is (size - 1) / 2 as
/// in newer versions of Keras; older ones take (size + 1) / 2, which moves the image by a fraction
/// of a pixel.
#pragma once

#include <cstdint>
#include <span>

#include "compiler/base/rng.h"

namespace permloom {

/// Ranges, each uniform and symmetric.
struct Augmentation {
    double rotation = 0;  ///< largest angle, in degrees
    double zoom = 0;      ///< factors of rows and of columns, drawn apart, in 1 - zoom .. 1 + zoom
    double shift = 0;     ///< largest shift, as a fraction of the rows and of the columns
    bool flip = false;    ///< mirrors left and right every second image, by chance
};

/// One change. The default changes nothing.
struct ImageChange {
    double rotation = 0;                       ///< degrees, clockwise
    double shift_rows = 0, shift_columns = 0;  ///< pixels that the content moves up, and left
    double zoom_rows = 1, zoom_columns = 1;    ///< above 1 the content shrinks
    bool flip = false;
};

/// Changes images of one shape. Any number of threads may use one at the same time.
class Augmenter {
  public:
    /// Ranges: not negative, `zoom` below 1.
    Augmenter(const Augmentation& ranges, int rows, int columns, int channels);

    /// Takes from `rng` as many draws for every image: two for shift and for zoom, one for
    /// rotation and for flip, none for a range of zero.
    ImageChange draw(Rng& rng) const;

    /// Writes the changed image. Both are rows x columns x channels, and not the same memory.
    void apply(const ImageChange& change, std::span<const float> source,
               std::span<float> destination) const;
    void apply(const ImageChange& change, std::span<const uint8_t> source,
               std::span<float> destination) const;

  private:
    template <class Pixel>
    void apply_any(const ImageChange& change, std::span<const Pixel> source,
                   std::span<float> destination) const;

    Augmentation ranges_;
    int rows_, columns_, channels_;
};

}  // namespace permloom
