/// Bus-functional model of the host's side of the control port (AXI4-Lite): one access at a time,
/// address and data of a write in either order, pauses before every answer.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/base/rng.h"
#include "sim/bench/bench.h"
#include "sim/bench/scoreboard.h"
#include "sim/bench/streams.h"

namespace permloom {

class ControlPort {
  public:
    /// `gap`: chance per cycle that a channel pauses.
    ControlPort(double gap, uint64_t seed);

    bool idle() const { return !access_; }
    void start(const ControlAccess& access);
    /// Reads of any address, and writes that leave the choice of the context alone.
    ControlAccess random_access();
    void drive(ControlIn& in);
    /// The answer, in the cycle that brings it. Holds the device to the rules of the port.
    std::optional<ControlAnswer> observe(uint64_t cycle, const ControlIn& in, const ControlOut& out,
                                         Scoreboard& scoreboard);
    /// Forgets an access that a reset cut off.
    void reset();

    bool paused() const { return paused_; }  ///< by choice, in the last cycle

  private:
    /// What a channel of answers shows: it stays until it is taken, and is zero without valid.
    struct Answer {
        bool valid = false;
        ControlAnswer content;
    };
    void check(uint64_t cycle, const char* channel, const Answer& now, Answer& waiting, bool ready,
               bool expected, Scoreboard& scoreboard);

    double gap_;
    Rng rng_;
    Pacing address_pacing_, data_pacing_;
    std::optional<ControlAccess> access_;
    bool address_sent_ = false, data_sent_ = false;
    bool paused_ = false;
    Answer waiting_b_, waiting_r_;
};

}  // namespace permloom
