#include "tests/sim/systemc/host.h"

#include <catch2/catch.hpp>

namespace permloom::test {

Host::Host(const Chip& chip, Device& device, const Pauses& pauses, uint64_t seed)
    : chip_(chip), device_(device), pauses_(pauses), rng_(seed), written_(chip.layers.size()) {}

void Host::send(const Image& image, int extra_beats) {
    const int beats = chip_.pixel_beats() + extra_beats;
    const auto per_beat = static_cast<size_t>(chip_.pixels_per_beat());
    const int width = chip_.in_bits();
    for (int beat = 0; beat < beats; ++beat) {
        uint64_t data = 0;
        for (size_t j = 0; j < per_beat; ++j) {
            const size_t pixel = static_cast<size_t>(beat) * per_beat + j;
            // Surplus bits carry noise, which the chip ignores.
            const uint64_t code =
                pixel < image.size() ? image[pixel] : rng_.below(uint64_t{1} << width);
            data |= code << (static_cast<int>(j) * width);
        }
        beats_.push_back({data, beat + 1 == beats, beat == 0});
    }
}

void Host::load(std::span<const uint32_t> words) {
    load_with_last(words, words.size() - 1);
}

void Host::load_with_last(std::span<const uint32_t> words, size_t last) {
    for (size_t i = 0; i < words.size(); ++i)
        words_.push_back({words[i], i == last});
}

const PinsOut& Host::step() {
    PinsIn in;
    in.ctx_select = select_;
    in.res_tready = !rng_.chance(pauses_.results);
    if (!beats_.empty() && !rng_.chance(pauses_.pixels)) {
        in.pix_tvalid = true;
        in.pix_tdata = beats_.front().data;
        in.pix_tlast = beats_.front().last;
    }
    if (!words_.empty() && !rng_.chance(pauses_.load)) {
        in.cfg_tvalid = true;
        in.cfg_tdata = static_cast<uint32_t>(words_.front().data);
        in.cfg_tlast = words_.front().last;
    }
    device_.tick(in, pins_);
    record(in);
    ++cycle_;
    return pins_;
}

void Host::record(const PinsIn& in) {
    if (in.pix_tvalid && pins_.pix_tready) {
        if (beats_.front().first) starts_.push_back({cycle_, pins_.ctx_active});
        beats_.pop_front();
        last_beat_cycle_ = cycle_;
    }
    if (in.cfg_tvalid && pins_.cfg_tready) words_.pop_front();
    if (!pins_.res_tvalid && (pins_.res_tdata != 0 || pins_.res_tlast)) {
        FAIL("result data without valid in cycle " << cycle_);
    }
    if (pins_.res_tvalid && in.res_tready) {
        if (pins_.res_tlast) {
            packet_.label = static_cast<int>(pins_.res_tdata);
            packet_.cycle = cycle_;
            packets_.push_back(std::move(packet_));
            packet_ = {};
        } else {
            packet_.logits.push_back(static_cast<int32_t>(pins_.res_tdata));
        }
    }
    REQUIRE(pins_.probes.size() == static_cast<size_t>(chip_.probes()));
    size_t layer = 0;
    int lane = 0;
    for (const Probe& probe : pins_.probes) {
        const size_t l = layer;
        if (++lane == chip_.layers[layer].values_a_write()) {
            ++layer;
            lane = 0;
        }
        if (probe.valid) {
            written_[l].push_back({cycle_, probe.index, probe.value});
        } else if (probe.index != 0 || probe.value != 0) {
            FAIL("probe data without valid in cycle " << cycle_);
        }
    }
}

void Host::until(const std::function<bool()>& reached, uint64_t limit) {
    for (const uint64_t end = cycle_ + limit; !reached();) {
        if (cycle_ == end) FAIL("nothing happened in " << limit << " cycles");
        step();
    }
}

void Host::finish_load() {
    until([this] { return words_.empty(); });
    step();
}

void Host::collect(size_t count) {
    until([this, count] { return packets_.size() >= count; }, 1000000);
}

void Host::reset() {
    PinsIn in;
    in.rst_n = false;
    device_.tick(in, pins_);
    ++cycle_;
    beats_.clear();
    words_.clear();
    packet_ = {};
}

void check_packet(const Packet& packet, const Expected& expected) {
    CHECK(packet.logits == expected.written.back());
    CHECK(packet.label == expected.label);
}

}  // namespace permloom::test
