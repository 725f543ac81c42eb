/// The host at the pins of a device, one cycle at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "compiler/base/rng.h"
#include "sim/device.h"
#include "tests/support/random_chip.h"

namespace permloom::test {

/// Chances per cycle that the host pauses a stream.
struct Pauses {
    double pixels = 0.0, results = 0.0, load = 0.0;
};

/// One packet of the result stream.
struct Packet {
    std::vector<int32_t> logits;
    int label = 0;
    uint64_t cycle = 0;  ///< of the last beat
};

/// Queued beats and words go out as the chip takes them; everything that comes back is recorded.
/// Checks in every cycle that data pins are zero while their valid is low.
class Host {
  public:
    Host(const Chip& chip, Device& device, const Pauses& pauses = {}, uint64_t seed = 1);

    /// Queues an image, cut short or drawn out by `extra_beats`; the last beat carries tlast.
    void send(const Image& image, int extra_beats = 0);
    /// Queues a load stream; the last word carries tlast.
    void load(std::span<const uint32_t> words);
    /// The same with a tlast on the word `last` alone; past the end means none.
    void load_with_last(std::span<const uint32_t> words, size_t last);
    void select(int context) { select_ = static_cast<uint8_t>(context); }
    void pause(const Pauses& pauses) { pauses_ = pauses; }

    /// One cycle; returns its pins.
    const PinsOut& step();
    /// Steps until `reached` holds after a cycle; fails the test after `limit` cycles.
    void until(const std::function<bool()>& reached, uint64_t limit = 100000);
    /// Steps until the whole load stream has been taken and what it did is visible.
    void finish_load();
    /// Steps until `count` packets have come back in all.
    void collect(size_t count);
    void reset();

    const PinsOut& pins() const { return pins_; }
    uint64_t cycle() const { return cycle_; }  ///< cycles gone by
    size_t words_left() const { return words_.size(); }
    size_t beats_left() const { return beats_.size(); }
    /// Cycle in which the last pixel beat was accepted.
    uint64_t last_beat_cycle() const { return last_beat_cycle_; }
    const std::vector<Packet>& packets() const { return packets_; }

    /// First beats accepted: the cycle, and the context that was active in it.
    struct Start {
        uint64_t cycle;
        int context;
    };
    const std::vector<Start>& starts() const { return starts_; }

    struct Written {
        uint64_t cycle;
        uint32_t index;
        int32_t value;
    };
    /// Probes of each layer in order.
    const std::vector<std::vector<Written>>& written() const { return written_; }

  private:
    struct Beat {
        uint64_t data;
        bool last;
        bool first = false;
    };
    void record(const PinsIn& in);

    const Chip& chip_;
    Device& device_;
    Pauses pauses_;
    Rng rng_;
    std::deque<Beat> beats_, words_;
    uint8_t select_ = 0;
    PinsOut pins_;
    uint64_t cycle_ = 0, last_beat_cycle_ = 0;
    Packet packet_;
    std::vector<Packet> packets_;
    std::vector<Start> starts_;
    std::vector<std::vector<Written>> written_;
};

/// Checks the logits and the label of a packet.
void check_packet(const Packet& packet, const Expected& expected);

}  // namespace permloom::test
