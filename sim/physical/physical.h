/// A fabricated copy of a chip with a configuration loaded: inference without cycles.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "compiler/program/chip.h"
#include "compiler/program/configuration.h"
#include "sim/model.h"
#include "sim/physical/fabricate.h"
#include "sim/physical/physical_layer.h"

namespace permloom {

class PhysicalNetwork {
  public:
    /// `instance`: as made, or as measured. `noise`: seed and trial of what happens in use. Throws
    /// Error for an engine without fixed devices at slots (level, programmable).
    PhysicalNetwork(const Chip& chip, const Configuration& configuration,
                    const DeviceInstance& instance, const DeviceModel& model,
                    const FabricateOptions& noise);
    /// With other circuits than the chip's: `wiring` a layer each.
    PhysicalNetwork(const Chip& chip, const Configuration& configuration,
                    const DeviceInstance& instance, const DeviceModel& model,
                    const FabricateOptions& noise, const std::vector<LayerWiring>& wiring);

    /// Whether the ADCs need profiling images before the first inference.
    bool needs_calibration() const { return reading_.has_range() && !reading_.full_range; }
    /// Sets the ranges of the ADCs to what the sums of these images span, layer by layer.
    void calibrate(std::span<const std::vector<uint16_t>> images);

    /// Sees what a layer is given at a position, and the sums that it makes of it, before (noise
    /// and ADC) and after.
    using Observer =
        std::function<void(size_t layer, std::span<const int32_t> x, std::span<const double> sums,
                           std::span<const double> read)>;
    /// `image` is the image's number, which its noise is drawn by. Safe to call from several
    /// threads.
    Inference infer(std::span<const uint16_t> codes, uint32_t image,
                    const Observer* observer = nullptr) const;

    const Chip& chip() const { return chip_; }
    const std::vector<PhysicalLayer>& layers() const { return layers_; }

  private:
    void sums_of(size_t layer, std::span<const int32_t> x, uint32_t image, uint32_t position,
                 const Observer* observer, std::vector<double>& sums) const;
    /// Codes of a layer over all of its positions.
    std::vector<int32_t> codes_of(size_t layer, const std::vector<int32_t>& input,
                                  const std::vector<int32_t>* skip, uint32_t image,
                                  const Observer* observer) const;
    Chip chip_;
    Configuration configuration_;
    Reading reading_;
    CounterRng rng_;
    uint32_t trial_;
    std::vector<PhysicalLayer> layers_;
};

/// The same wiring on devices, switches and converters that are as they are meant to be.
PhysicalNetwork ideal_network(const Chip& chip, const Configuration& configuration,
                              const DeviceInstance& instance);

/// One image after another, numbered from 0.
std::unique_ptr<Model> make_physical(std::shared_ptr<const PhysicalNetwork> network);

}  // namespace permloom
