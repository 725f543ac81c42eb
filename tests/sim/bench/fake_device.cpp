#include "tests/sim/bench/fake_device.h"

#include <numeric>

namespace permloom::test {

Chip fake_chip(int contexts) {
    Chip chip;
    chip.contexts = contexts;
    chip.pixel_stream_bits = 32;
    chip.layers.resize(2);
    chip.layers[0].inputs = 5;
    chip.layers[0].outputs = 3;
    chip.layers[1].inputs = 3;
    chip.layers[1].outputs = 2;
    return chip;
}

std::vector<uint32_t> fake_load(int context, uint32_t salt, size_t count) {
    std::vector<uint32_t> words(count, 0);
    words[0] = 0x314d4c50;
    words[1] = static_cast<uint32_t>(context) << 8 | 1;
    words[2] = salt;
    return words;
}

Inference FakeModel::infer(std::span<const uint16_t> codes) {
    const uint32_t sum = std::accumulate(codes.begin(), codes.end(), salt_);
    Inference result;
    result.activations.resize(1);
    for (uint32_t i = 0; i < 3; ++i)
        result.activations[0].push_back(static_cast<int32_t>((sum + i) & 255));
    for (uint32_t i = 0; i < 2; ++i)
        result.logits.push_back(static_cast<int64_t>((sum * (i + 3)) & 255) - 100);
    result.label = result.logits[1] > result.logits[0] ? 1 : 0;
    return result;
}

FakeDevice::FakeDevice(const Chip& chip)
    : chip_(chip), salts_(static_cast<size_t>(chip.contexts), 0) {}

void FakeDevice::tick(const PinsIn& in, PinsOut& out) {
    out = {};
    out.probes.resize(2);
    out.cfg_tready = true;
    out.pix_tready = !codes_.empty() || (queues_[0].size() < 2 && ((valid_ >> active_) & 1));
    out.ctx_active = active_;
    out.ctx_valid = valid_;
    out.load_error = error_;
    for (size_t layer = 0; layer < 2; ++layer) {
        if (queues_[layer].empty() || queues_[layer + 1].size() >= 2) continue;
        const Job& job = queues_[layer].front();
        Probe& probe = out.probes[layer];
        probe.valid = true;
        probe.index = static_cast<uint32_t>(job.done);
        probe.value = layer == 0 ? job.inference.activations[0][job.done]
                                 : static_cast<int32_t>(job.inference.logits[job.done]);
    }
    if (!queues_[2].empty()) {
        const Job& job = queues_[2].front();
        out.res_tvalid = true;
        out.res_tlast = job.done == 2;
        out.res_tdata = static_cast<uint32_t>(job.done < 2 ? job.inference.logits[job.done]
                                                           : job.inference.label);
    }
    if (tamper) tamper(cycle_, in, out);
    watch_host(in, out);
    ++cycle_;

    if (!in.rst_n) {
        for (std::deque<Job>& queue : queues_)
            queue.clear();
        words_.clear();
        codes_.clear();
        valid_ = active_ = error_ = 0;
        return;
    }
    // From the last stage to the first, so that a job moves one stage in a cycle.
    if (out.res_tvalid && in.res_tready && !queues_[2].empty() && ++queues_[2].front().done == 3)
        queues_[2].pop_front();
    for (size_t layer = 2; layer-- > 0;) {
        if (!out.probes[layer].valid || queues_[layer].empty()) continue;
        Job& job = queues_[layer].front();
        if (++job.done < (layer == 0 ? 3U : 2U)) continue;
        queues_[layer + 1].push_back({job.inference, 0});
        queues_[layer].pop_front();
    }
    if (in.pix_tvalid && out.pix_tready) take_pixels(in);
    if (in.ctx_select < chip_.contexts && ((valid_ >> in.ctx_select) & 1)) active_ = in.ctx_select;
    if (in.cfg_tvalid && out.cfg_tready) take_load(in);
}

void FakeDevice::take_load(const PinsIn& in) {
    if (words_.empty()) error_ = 0;
    words_.push_back(in.cfg_tdata);
    if (words_.size() == 2 && words_[0] == 0x314d4c50)
        valid_ = static_cast<uint8_t>(valid_ & ~(1U << (words_[1] >> 8)));
    if (!in.cfg_tlast) return;
    const uint32_t context = words_[1] >> 8;
    if (words_[0] != 0x314d4c50) {
        error_ = static_cast<uint8_t>(LoadError::magic);
    } else {
        valid_ = static_cast<uint8_t>(valid_ | 1U << context);
        salts_[context] = words_[2];
    }
    words_.clear();
}

void FakeDevice::take_pixels(const PinsIn& in) {
    if (codes_.empty()) image_salt_ = salts_[active_];
    for (int j = 0; j < 4 && codes_.size() < 5; ++j)
        codes_.push_back(static_cast<uint16_t>((in.pix_tdata >> (8 * j)) & 255));
    if (in.pix_tlast != (codes_.size() == 5)) complaints.push_back("pix_tlast misplaced");
    if (codes_.size() < 5) return;
    images.push_back(codes_);
    FakeModel model(image_salt_);
    queues_[0].push_back({model.infer(codes_), 0});
    codes_.clear();
}

void FakeDevice::watch_host(const PinsIn& in, const PinsOut& out) {
    if (waiting_pixels_ && in.rst_n &&
        (!in.pix_tvalid || in.pix_tdata != waiting_pixels_->pix_tdata ||
         in.pix_tlast != waiting_pixels_->pix_tlast))
        complaints.push_back("the pixel beat changed while it waited");
    if (waiting_load_ && in.rst_n &&
        (!in.cfg_tvalid || in.cfg_tdata != waiting_load_->cfg_tdata ||
         in.cfg_tlast != waiting_load_->cfg_tlast))
        complaints.push_back("the load word changed while it waited");
    waiting_pixels_ = in.pix_tvalid && !out.pix_tready ? std::optional(in) : std::nullopt;
    waiting_load_ = in.cfg_tvalid && !out.cfg_tready ? std::optional(in) : std::nullopt;
    noisy_cycles += !in.pix_tvalid && in.pix_tdata != 0;
}

}  // namespace permloom::test
