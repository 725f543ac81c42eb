/// A scripted chip for testing the bench: no arithmetic of the real one, but its ports, two layers
/// in a pipeline, contexts, and a hook that falsifies what the pins show.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/program/chip.h"
#include "sim/device.h"
#include "sim/model.h"

namespace permloom::test {

/// 5 inputs of 8 bits in beats of 32 bits (4 + 1 pixels), 3 hidden neurons, 2 outputs.
Chip fake_chip(int contexts = 2);

/// A load stream of `count` words for `context` that makes the fake chip add `salt` everywhere.
std::vector<uint32_t> fake_load(int context, uint32_t salt, size_t count = 12);

/// What the fake chip computes: codes (sum + neuron + salt) mod 256, logits likewise minus 100.
class FakeModel final : public Model {
  public:
    explicit FakeModel(uint32_t salt) : salt_(salt) {}
    Inference infer(std::span<const uint16_t> codes) override;

  private:
    uint32_t salt_;
};

class FakeDevice final : public Device {
  public:
    explicit FakeDevice(const Chip& chip);

    int probes() const override { return 2; }
    void tick(const PinsIn& in, PinsOut& out) override;
    void trace(const std::string&) override {}

    /// Called with the pins of every cycle before anybody sees them.
    std::function<void(uint64_t cycle, const PinsIn& in, PinsOut& out)> tamper;
    /// Rules that the host broke: valid withdrawn, data changed while waiting, tlast misplaced.
    std::vector<std::string> complaints;
    std::vector<std::vector<uint16_t>> images;  ///< as they came in
    uint64_t noisy_cycles = 0;                  ///< with data on the pixel port while valid is low

  private:
    struct Job {
        Inference inference;
        size_t done = 0;  ///< neurons written, or words sent
    };
    void watch_host(const PinsIn& in, const PinsOut& out);
    void take_load(const PinsIn& in);
    void take_pixels(const PinsIn& in);

    Chip chip_;
    uint64_t cycle_ = 0;
    std::deque<Job> queues_[3];  ///< before layer 0, before layer 1, before the result port
    std::vector<uint32_t> words_;
    std::vector<uint16_t> codes_;
    std::vector<uint32_t> salts_;
    uint8_t valid_ = 0, active_ = 0, error_ = 0;
    std::optional<PinsIn> waiting_pixels_, waiting_load_;
    uint32_t image_salt_ = 0;  ///< of the context under which the image began
};

}  // namespace permloom::test
