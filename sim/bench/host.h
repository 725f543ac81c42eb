/// What stands behind Bench: the cycle, and the order in which things are looked at in it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/base/rng.h"
#include "sim/bench/bench.h"
#include "sim/bench/control_port.h"
#include "sim/bench/scoreboard.h"
#include "sim/bench/streams.h"

namespace permloom {

class Bench::Host {
  public:
    Host(const Chip& chip, std::vector<Device*> devices, std::vector<std::string> names,
         const Stimulus& stimulus);

    void reset(int cycles);
    LoadError load(const Load& load);
    void select(int context);
    BenchReport run(std::span<const std::vector<uint16_t>> images,
                    const std::optional<Reload>& reload,
                    const std::function<void(uint64_t, uint64_t)>& progress);
    ControlAnswer access(const ControlAccess& access);
    uint32_t read_register(uint16_t address);
    void tick(const PinsIn& in);

    const PinsOut& pins() const { return outs_.front(); }
    uint64_t cycle() const { return cycle_; }
    const Scoreboard& scoreboard() const { return scoreboard_; }

  private:
    /// How a load goes on after its last word.
    enum class LoadState { idle, sending, answer, done };
    struct Sent {
        int context = 0;
        bool reloaded = false;
    };

    /// No stream offers anything; noise where the chip must not look.
    PinsIn quiet_pins();
    /// One cycle of a well-behaved host.
    void step(bool results_open);
    void observe_load(const PinsIn& in);
    void observe_pixels(const PinsIn& in, uint64_t now);
    void observe_results(const PinsIn& in, uint64_t now);
    void observe_control(const PinsIn& in, uint64_t now);
    /// The watchdog, after a cycle.
    void watch(bool results_open);
    std::string waiting_for() const;
    std::string device_names() const;
    /// Forgets what was being sent and expected: the caller's data may be gone.
    void abandon();
    void begin_load(const Load& load);
    void check_images(std::span<const std::vector<uint16_t>> images) const;
    void finish_report(uint64_t start);

    int contexts_, inputs_, outputs_, in_bits_;
    std::vector<Device*> devices_;
    std::vector<std::string> names_;
    bool noise_;
    Rng noise_rng_;
    Scoreboard scoreboard_;
    PixelSource pixels_;
    LoadSource loader_;
    ResultSink sink_;
    ControlPort control_;
    double control_traffic_;
    Rng traffic_rng_;

    std::vector<PinsOut> outs_;
    uint64_t cycle_ = 0;
    bool reset_seen_ = false;  ///< before the first clock edge in reset nothing is defined
    uint8_t select_ = 0;
    std::vector<Model*> references_;  ///< of every context, as loaded

    LoadState load_state_ = LoadState::idle;
    Load load_;
    LoadError load_error_ = LoadError::none;

    bool awaits_control_ = false;  ///< the host waits for the answer to an access
    std::optional<ControlAnswer> control_answer_;

    // of the run that is going on
    std::span<const std::vector<uint16_t>> images_;
    bool reload_complete_ = false;
    int reload_context_ = -1;
    std::deque<Sent> in_chip_;
    std::optional<uint64_t> first_image_sent_, first_answer_;
    BenchReport report_;

    bool moved_ = false;
    uint64_t still_ = 0, patience_;
};

}  // namespace permloom
