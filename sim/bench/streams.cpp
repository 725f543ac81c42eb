#include "sim/bench/streams.h"

#include <utility>

namespace permloom {
namespace {

// Streams of the host's generator: adding a draw to one leaves the others alone.
constexpr uint64_t PIXEL_DRAWS = 1, LOAD_DRAWS = 2, RESULT_DRAWS = 3, SURPLUS_DRAWS = 4;

}  // namespace

bool Pacing::offer(bool available) {
    if (!offering_ && available) offering_ = !(gap_ > 0.0 && rng_.chance(gap_));
    return offering_;
}

PixelSource::PixelSource(const Chip& chip, double gap, uint64_t seed, bool noise)
    : bits_(chip.in_bits()),
      per_beat_(chip.pixels_per_beat()),
      beats_(chip.pixel_beats()),
      stream_bits_(chip.pixel_stream_bits),
      pacing_(gap, Rng(seed, PIXEL_DRAWS)),
      noise_rng_(seed, SURPLUS_DRAWS),
      noise_(noise) {}

void PixelSource::start(std::span<const std::vector<uint16_t>> images) {
    images_ = images;
    image_ = 0;
    beat_ = 0;
    pacing_.taken();
}

void PixelSource::drive(PinsIn& in) {
    in.pix_tvalid = pacing_.offer(pending());
    paused_ = pending() && !in.pix_tvalid;
    if (!in.pix_tvalid) return;
    in.pix_tdata = beat_data();
    in.pix_tlast = beat_ + 1 == beats_;
}

uint64_t PixelSource::beat_data() {
    const std::vector<uint16_t>& pixels = images_[image_];
    uint64_t data = 0;
    int used = 0;
    for (int j = 0; j < per_beat_; ++j) {
        const size_t pixel =
            static_cast<size_t>(beat_) * static_cast<size_t>(per_beat_) + static_cast<size_t>(j);
        if (pixel >= pixels.size()) break;
        data |= uint64_t{pixels[pixel]} << used;
        used += bits_;
    }
    const auto below = [](int count) {
        return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
    };
    if (noise_) data |= noise_rng_.next() & below(stream_bits_) & ~below(used);
    return data;
}

PixelSource::Taken PixelSource::observe(const PinsIn& in, const PinsOut& out) {
    Taken taken;
    if (!in.pix_tvalid || !out.pix_tready) return taken;
    pacing_.taken();
    taken.any = true;
    taken.first = beat_ == 0;
    taken.last = beat_ + 1 == beats_;
    if (++beat_ == beats_) {
        beat_ = 0;
        ++image_;
    }
    return taken;
}

LoadSource::LoadSource(double gap, uint64_t seed) : pacing_(gap, Rng(seed, LOAD_DRAWS)) {}

void LoadSource::start(std::span<const uint32_t> words) {
    words_ = words;
    next_ = 0;
    pacing_.taken();
}

void LoadSource::drive(PinsIn& in) {
    in.cfg_tvalid = pacing_.offer(pending());
    paused_ = pending() && !in.cfg_tvalid;
    if (!in.cfg_tvalid) return;
    in.cfg_tdata = words_[next_];
    in.cfg_tlast = next_ + 1 == words_.size();
}

bool LoadSource::observe(const PinsIn& in, const PinsOut& out) {
    if (!in.cfg_tvalid || !out.cfg_tready) return false;
    pacing_.taken();
    ++next_;
    return true;
}

ResultSink::ResultSink(int logits, double stall, uint64_t seed)
    : logits_(static_cast<size_t>(logits)), stall_(stall), rng_(seed, RESULT_DRAWS) {}

void ResultSink::drive(PinsIn& in, bool open) {
    paused_ = open && stall_ > 0.0 && rng_.chance(stall_);
    in.res_tready = open && !paused_;
}

void ResultSink::reset() {
    words_.clear();
    waiting_ = false;
}

ResultSink::Taken ResultSink::observe(uint64_t cycle, const PinsIn& in, const PinsOut& out,
                                      Scoreboard& scoreboard) {
    const auto data = [](uint32_t word) { return static_cast<int32_t>(word); };
    const auto require = [&](const char* pin, int64_t seen, int64_t required) {
        if (seen != required) scoreboard.protocol(cycle, pin, seen, required);
    };
    // A word that was offered stays as it is until it is taken.
    if (waiting_) {
        require("res_tvalid", out.res_tvalid, true);
        if (out.res_tvalid) {
            require("res_tdata", data(out.res_tdata), data(waiting_data_));
            require("res_tlast", out.res_tlast, waiting_last_);
        }
    }
    if (!out.res_tvalid) {
        require("res_tdata", data(out.res_tdata), 0);
        require("res_tlast", out.res_tlast, false);
    }
    waiting_ = out.res_tvalid && !in.res_tready;
    waiting_data_ = out.res_tdata;
    waiting_last_ = out.res_tlast;

    Taken taken;
    if (!in.res_tready || !out.res_tvalid) return taken;
    taken.any = true;
    require("res_tlast", out.res_tlast, words_.size() == logits_);
    words_.push_back(data(out.res_tdata));
    if (words_.size() == logits_ + 1) {
        Result result;
        result.label = words_.back();
        words_.pop_back();
        result.logits = std::exchange(words_, {});
        result.cycle = cycle;
        taken.result = std::move(result);
    }
    return taken;
}

}  // namespace permloom
