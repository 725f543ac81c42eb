/// What was seen against what should have been seen; keeps count, and the first difference.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/bench/bench.h"

namespace permloom {

class Scoreboard {
  public:
    /// What a layer writes for an image: `values`, `at_once` of them in a cycle, each with a probe.
    struct Writes {
        int values = 1, at_once = 1;
    };

    /// Of every layer; one or two device names.
    Scoreboard(const std::vector<Writes>& writes, std::vector<std::string> names);

    /// From now on probes and results belong to images announced by begin_image.
    void begin_run();
    /// Probes and results are no longer followed.
    void end_run() { following_ = false; }
    /// The next image enters the chip; without `expected` only its order is checked.
    void begin_image(std::optional<Inference> expected);

    /// Compares one cycle of all devices. Within a cycle the probe of the earliest layer is counted
    /// first, because a wrong pin is its consequence.
    void check_cycle(uint64_t cycle, std::span<const PinsOut> outs);
    /// The oldest image in the chip has answered; compares and forgets it.
    void check_result(const Result& result);
    /// A device broke a rule of its ports: `pin` was `seen` instead of `required`.
    void protocol(uint64_t cycle, const std::string& pin, int64_t seen, int64_t required);

    uint64_t images_begun() const { return begun_; }
    uint64_t images_answered() const { return answered_; }
    uint64_t wrong_images() const { return wrong_images_; }  ///< of this run
    uint64_t mismatches() const { return mismatches_; }      ///< ever
    const std::optional<Difference>& first_difference() const { return first_; }
    /// First difference and count since the last call.
    std::pair<std::optional<Difference>, uint64_t> take_news();

  private:
    struct Image {
        std::optional<Inference> expected;
        bool wrong = false;
    };
    struct Place {
        uint64_t cycle;
        std::string what;
        int layer = -1, neuron = -1;
    };
    /// Where a layer is in the sequence of images.
    struct Position {
        uint64_t image = 0;
        int value = 0;
    };

    void check_probe(uint64_t cycle, size_t probe, std::span<const PinsOut> outs);
    void compare_probes(uint64_t cycle, int layer, const Probe& left, const Probe& right);
    void follow_probe(uint64_t cycle, int layer, const Probe& probe);
    void check_pins(uint64_t cycle, const PinsOut& left, const PinsOut& right);
    void record(const Place& place, int64_t left, int64_t right, std::string_view other,
                std::optional<int64_t> reference = {});
    Image* image_at(int layer);
    std::optional<int64_t> expected_value(int layer);

    std::vector<int> values_;    ///< of every layer
    std::vector<int> layer_of_;  ///< of every probe
    std::vector<std::string> names_;
    std::vector<Position> positions_;  ///< of every layer
    std::deque<Image> images_;         ///< in the chip, oldest first
    bool following_ = false;
    uint64_t begun_ = 0, answered_ = 0, wrong_images_ = 0, mismatches_ = 0, news_ = 0;
    std::optional<Difference> first_, first_news_;
};

}  // namespace permloom
