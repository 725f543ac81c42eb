/// Driving one or two Devices through their pins: written once, for every Device.
///
/// A typical run: `Bench bench(chip, {systemc, rtl}, {"systemc", "rtl"}, stimulus); bench.reset();
/// bench.load({stream.words, reference}); bench.select(0); BenchReport r = bench.run(images);`
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/bench/difference.h"
#include "sim/device.h"
#include "sim/model.h"

namespace permloom {

/// How the host behaves: chances per cycle, 0 <= p < 1, drawn from a seeded generator.
struct Stimulus {
    uint64_t seed = 1;
    double pixel_gap = 0.0;     ///< chance that the pixel stream pauses in a cycle
    double result_stall = 0.0;  ///< chance that the host does not take a result in a cycle
    double load_gap = 0.0;      ///< chance that the load stream pauses in a cycle
    bool noise = true;  ///< random data on pins that the chip must ignore (valid low, surplus bits)
    double control_gap = 0.0;  ///< chance that a channel of the control port pauses in a cycle
    /// Chance per cycle that an idle control port starts a random access, during a run.
    double control_traffic = 0.0;
};

/// Addresses of the control port, rtl/MICROARCHITECTURE.md.
namespace ControlRegister {
inline constexpr uint16_t identity = 0x00, version = 0x04, layers = 0x08, contexts = 0x0c,
                          fingerprint_low = 0x10, fingerprint_high = 0x14, state = 0x18,
                          select = 0x1c, command = 0x20, cycles_low = 0x24, cycles_high = 0x28,
                          images = 0x2c, results = 0x30, dropped = 0x34, id_0 = 0x38, id_1 = 0x3c;
}

/// One access over the control port.
struct ControlAccess {
    bool write = false;
    uint16_t address = 0;
    uint32_t data = 0;
    uint8_t strobe = 0xf;
};

struct ControlAnswer {
    uint8_t response = 0;  ///< 0 OKAY, 2 SLVERR
    uint32_t data = 0;     ///< of a read
};

/// A load stream, and what the chip computes once it is in.
struct Load {
    std::span<const uint32_t> words;  ///< one packet, the last word carries tlast
    Model* reference =
        nullptr;  ///< images that run under it are compared with this; null: with none
};

/// A load that goes on while images stream.
struct Reload {
    Load load;
    uint64_t after = 0;  ///< starts when this many images of the run have been begun
    int select = -1;     ///< context to select once the load is complete; -1: leave the selection
};

/// One answer of the chip, in the order of the images.
struct Result {
    std::vector<int32_t> logits;
    int label = 0;
    int context = 0;  ///< that the image ran under: ctx_active when its first beat was accepted
    bool reloaded = false;  ///< the image ran under what the run's Reload brought
    uint64_t cycle = 0;     ///< of its last beat
};

struct BenchReport {
    uint64_t images = 0;
    uint64_t cycles = 0;        ///< of this run
    uint64_t mismatches = 0;    ///< values that differed, those of resets and loads before included
    uint64_t wrong_images = 0;  ///< images with at least one wrong probe or result
    double cycles_per_inference = 0.0;  ///< between the last beats of successive results; 0 if one
    /// Of the first image: from its last accepted beat to the first cycle of res_tvalid.
    uint64_t latency_cycles = 0;
    LoadError load_error = LoadError::none;  ///< how the Reload ended
    std::optional<Difference> first_difference;
    std::vector<Result> results;
};

/// The host side. Every device gets the same input pins in every cycle; handshakes follow the first
/// device. Compared are: all output pins and probes of two devices, in every cycle; the first
/// device's probes (codes of every layer, logits) and results with the reference of the load that
/// the image ran under; the stream protocol of its result port.
class Bench {
  public:
    /// One or two devices with their names, which must outlive the Bench. Throws Error when a
    /// chance of `stimulus` is out of range.
    Bench(const Chip& chip, std::vector<Device*> devices, std::vector<std::string> names,
          const Stimulus& stimulus = {});
    ~Bench();
    Bench(Bench&&) noexcept;

    /// Holds rst_n low for `cycles`; every load is forgotten.
    void reset(int cycles = 2);
    /// Sends a load stream to its end and returns what the chip says of it. Throws Error when the
    /// chip stops taking words.
    LoadError load(const Load& load);
    /// Throws Error when the chip does not go over to `context` (it holds no valid load).
    void select(int context);
    /// Images (codes of quantise_pixels) in, all their results out; returns with the chip empty.
    /// `progress(images done, cycles)` is called after every result; what it throws ends the run.
    /// Throws Error when nothing moves any more, saying what the host was waiting for.
    BenchReport run(std::span<const std::vector<uint16_t>> images,
                    const std::optional<Reload>& reload = {},
                    const std::function<void(uint64_t done, uint64_t cycles)>& progress = {});
    /// One access over the control port, to its answer.
    ControlAnswer access(const ControlAccess& access);
    /// A register of the control port. Throws Error when the chip knows none at this address.
    uint32_t read_register(uint16_t address);
    /// One cycle with any input pins, the devices compared as always: for what no well-behaved host
    /// does. An image begun so must have left the chip before `run`.
    const PinsOut& tick(const PinsIn& in);

    /// Output pins of the first device in the last cycle.
    const PinsOut& pins() const;
    uint64_t cycle() const;  ///< cycles so far
    /// Totals since the Bench was made.
    uint64_t mismatches() const;
    const std::optional<Difference>& first_difference() const;

  private:
    class Host;
    std::unique_ptr<Host> host_;
};

}  // namespace permloom
