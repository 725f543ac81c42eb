/// Bus-functional models of the host's three AXI4-Streams. Each sets its pins before a cycle
/// (`drive`) and looks at the handshake after it (`observe`). Valid, once given, stays until it is
/// taken; ready may come and go.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "compiler/base/rng.h"
#include "compiler/program/chip.h"
#include "sim/bench/bench.h"
#include "sim/bench/scoreboard.h"

namespace permloom {

/// When a source offers its next item: a gap is drawn only while nothing is offered.
class Pacing {
  public:
    Pacing(double gap, Rng rng) : gap_(gap), rng_(rng) {}
    /// Whether valid is high in this cycle.
    bool offer(bool available);
    void taken() { offering_ = false; }

  private:
    double gap_;
    Rng rng_;
    bool offering_ = false;
};

class PixelSource {
  public:
    PixelSource(const Chip& chip, double gap, uint64_t seed, bool noise);

    void start(std::span<const std::vector<uint16_t>> images);
    void drive(PinsIn& in);
    /// True when this cycle took the first or the last beat of an image.
    struct Taken {
        bool any = false, first = false, last = false;
    };
    Taken observe(const PinsIn& in, const PinsOut& out);

    bool pending() const { return image_ < images_.size(); }
    size_t image() const { return image_; }  ///< the image that is being sent
    int beat() const { return beat_; }       ///< its next beat
    bool paused() const { return paused_; }  ///< by choice, in the last cycle

  private:
    uint64_t beat_data();

    int bits_, per_beat_, beats_, stream_bits_;
    Pacing pacing_;
    Rng noise_rng_;
    bool noise_;
    std::span<const std::vector<uint16_t>> images_;
    size_t image_ = 0;
    int beat_ = 0;
    bool paused_ = false;
};

class LoadSource {
  public:
    LoadSource(double gap, uint64_t seed);

    void start(std::span<const uint32_t> words);
    void drive(PinsIn& in);
    /// True when a word was taken in this cycle.
    bool observe(const PinsIn& in, const PinsOut& out);

    bool pending() const { return next_ < words_.size(); }
    size_t word() const { return next_; }  ///< the next word
    bool paused() const { return paused_; }

  private:
    Pacing pacing_;
    std::span<const uint32_t> words_;
    size_t next_ = 0;
    bool paused_ = false;
};

/// Collects results and holds the device to the rules of the result port.
class ResultSink {
  public:
    ResultSink(int logits, double stall, uint64_t seed);

    void drive(PinsIn& in, bool open);
    struct Taken {
        bool any = false;
        std::optional<Result> result;  ///< with logits, label and cycle
    };
    Taken observe(uint64_t cycle, const PinsIn& in, const PinsOut& out, Scoreboard& scoreboard);
    /// Forgets a result that a reset cut off.
    void reset();

    size_t words() const { return words_.size(); }  ///< of the result that is coming in
    bool paused() const { return paused_; }

  private:
    size_t logits_;
    double stall_;
    Rng rng_;
    std::vector<int32_t> words_;
    bool waiting_ = false;  ///< a word was offered and not taken
    uint32_t waiting_data_ = 0;
    bool waiting_last_ = false, paused_ = false;
};

}  // namespace permloom
