/// The behavioural model of a physical chip: the digital SystemC model, in whose layers a sampled
/// or measured array of devices, switches and converters takes the place of the digital one.
///
/// Every pin moves in the cycles in which it moves on the digital model; the codes and logits are
/// those of PhysicalNetwork::infer for the same copy and seed, image by image. Both models work the
/// sums out in doubles, rounded in different places: a sum may come out on the other side of a
/// decision (a step of the ADC, the rounding to a whole number) if it lies within 1e-9 of it, in
/// parts of what the layer's sums span; with read noise on complement rails within some 1e-7 (an
/// estimate), for there the variance is a small difference of large numbers. Without losses, with
/// devices and inputs of whole steps and without noise, both are exact.
#pragma once

#include <memory>

#include "sim/device.h"
#include "sim/physical/physical.h"

namespace permloom {

/// The same copy with the same noise as `network` was made for; its converters are set as the
/// network's are, so that it has to be calibrated where it needs to be. The wiring comes through
/// the configuration port: load expand(chip, configuration, context, &instance). Images are
/// numbered from 0 after a reset, whatever context they run under.
///
/// Throws Error for a layer of any other engine than `folded`, and for one that is bit-serial where
/// a DAC of fewer bits than the input code, or read noise, would have to be told plane by plane.
std::unique_ptr<Device> make_physical_device(const PhysicalNetwork& network,
                                             const DeviceInstance& instance,
                                             const DeviceModel& model,
                                             const FabricateOptions& noise);

}  // namespace permloom
