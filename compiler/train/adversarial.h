/// Adversarial images: every pixel moved by no more than a bound, so that a network errs.
///
/// FGSM: I. Goodfellow, J. Shlens, C. Szegedy, "Explaining and Harnessing Adversarial Examples",
/// 2015. PGD: A. Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks",
/// 2018. Both in the maximum norm. Changes: an adversarial image is an image, of bytes, so the
/// bound is a whole number of them and gradients are taken at the rounded image; and the gradient
/// is divided by 1 - p(label), which changes no sign but keeps it from vanishing where the network
/// is sure.
#pragma once

#include <cstdint>

#include "compiler/base/parallel.h"
#include "compiler/checkpoint/checkpoint.h"
#include "compiler/data/dataset.h"

namespace permloom {

/// What an attacker may do to an image.
struct PixelBound {
    int radius = 0;     ///< most that one pixel may move
    int highest = 255;  ///< pixels stay in 0..highest; no pixel of the images lies above
};

struct PgdOptions {
    int steps = 10;
    double step = 0.0;  ///< length of a step, in pixel values; 0: 2.5 * radius / steps
    uint64_t seed = 1;  ///< of the random starts: a stream for each image
};

/// One step of length `radius` by the sign of the gradient of the loss, on the checkpoint's
/// projected weights with the running statistics of batch norm. Throws Error when the images do not
/// fit the network.
Images fgsm(const Checkpoint& checkpoint, const Images& images, const PixelBound& bound,
            ThreadPool& pool);

/// Several steps from a random start, each projected back into the bound; the last iterate. Image i
/// depends on image i, its place and the seed alone. Throws Error as `fgsm`.
Images pgd(const Checkpoint& checkpoint, const Images& images, const PixelBound& bound,
           const PgdOptions& options, ThreadPool& pool);

}  // namespace permloom
