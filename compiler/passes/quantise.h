/// quantise: a trained checkpoint -> integer devices and post-op registers.
///
/// Devices are quantised before training, so the integers are already there; what is left is to say
/// the real post-op z = alpha * (sum - offset) in integers (design.md section 4):
///
///     before   profile -0.2  0.0  0.1  0.3   alpha 0.5  offset 0.25  act_range 2.0  8 bit
///     after    devices   -2    0    1    3   b = ceil(-offset / (s_w * s_in) - k)
///                                            m / 2^s ~ alpha * s_w * s_in / s_out
///                                            c = what the ceiling added to b, times -m
///
/// s_w, s_in, s_out are the real values of one device, input and output step. k is what `acc` holds
/// when the real sum is zero: the inputs' zero point times the sum of the bank's devices and, for
/// rail split, hi for each unit of its complement devices: an exact integer, the same for every
/// wiring. So the only roundings are those of m and of the fractional part of offset / (s_w *
/// s_in). Rounding b up makes c <= 0 and the early max(t, 0) of a ReLU exact.
///
/// What stands behind the sum (post_op_form) is folded in: a bias is part of b, batch norm of m and
/// c (behind a ReLU b is then rounded to the nearest, half a unit of acc at most), the zero point
/// of what is added of c, and its scale is m2 / 2^s. m, m2 and c share s, the largest that all fit.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/checkpoint/checkpoint.h"
#include "compiler/passes/scales.h"
#include "compiler/program/configuration.h"

namespace permloom {

struct QuantiseOptions {
    int multiplier_bits = 17;  ///< signed width of m
    int max_shift = 47;        ///< largest s
};

struct QuantisedLayer {
    bool shared_profile = false;   ///< every neuron has the same bank, whatever the network said
    std::vector<int32_t> devices;  ///< (1 or outputs) x lines, each bank ascending
    int device_bits = 2;           ///< smallest signed width >= 2 that holds every device
    std::vector<NeuronRegisters> neurons;
    LayerRegisters registers;
    /// Relative error: root of the summed squares of the devices' (rms, against the float profile),
    /// the multiplier's, and one activation step's uniform rounding against the range.
    double error = 0.0;
};

struct Quantised {
    std::vector<ActivationScale> inputs;  ///< of each layer
    std::vector<ActivationScale> codes;   ///< behind the post-op of each hidden layer
    std::vector<ActivationScale> values;  ///< behind its pool
    std::vector<PostOpForm> forms;        ///< of each layer
    std::vector<QuantisedLayer> layers;
};

/// Throws Error naming layer and neuron: real-valued devices, wrong shapes, an unsorted profile, a
/// source that is no permutation, constants that are not finite or do not fit their registers.
Quantised quantise(const Checkpoint& checkpoint, const QuantiseOptions& options = {});

}  // namespace permloom
