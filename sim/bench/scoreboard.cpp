#include "sim/bench/scoreboard.h"

#include <utility>

#include "compiler/base/error.h"

namespace permloom {
namespace {

// What a device is compared with when it is not the other device.
constexpr char REFERENCE[] = "reference", PROTOCOL[] = "protocol";

}  // namespace

Scoreboard::Scoreboard(const std::vector<Writes>& writes, std::vector<std::string> names)
    : names_(std::move(names)), positions_(writes.size()) {
    for (const Writes& one : writes) {
        layer_of_.insert(layer_of_.end(), static_cast<size_t>(one.at_once),
                         static_cast<int>(values_.size()));
        values_.push_back(one.values);
    }
}

void Scoreboard::begin_run() {
    images_.clear();
    positions_.assign(values_.size(), {});
    begun_ = answered_ = wrong_images_ = 0;
    following_ = true;
}

void Scoreboard::begin_image(std::optional<Inference> expected) {
    if (expected) {
        PERMLOOM_ASSERT(expected->logits.size() == static_cast<size_t>(values_.back()));
        PERMLOOM_ASSERT(expected->activations.size() == values_.size() - 1);
    }
    images_.push_back({std::move(expected), false});
    ++begun_;
}

void Scoreboard::check_cycle(uint64_t cycle, std::span<const PinsOut> outs) {
    for (size_t probe = 0; probe < layer_of_.size(); ++probe)
        check_probe(cycle, probe, outs);
    if (outs.size() == 2) check_pins(cycle, outs[0], outs[1]);
}

void Scoreboard::check_probe(uint64_t cycle, size_t probe, std::span<const PinsOut> outs) {
    const int layer = layer_of_[probe];
    const Probe& left = outs[0].probes[probe];
    const bool agree = outs.size() == 1 || left == outs[1].probes[probe];
    // A value on which two devices differ is reported once, with the reference's beside it.
    if (!agree)
        compare_probes(cycle, layer, left, outs[1].probes[probe]);
    else if (following_ && left.valid)
        follow_probe(cycle, layer, left);
    if (!following_ || !left.valid) return;
    Position& position = positions_[static_cast<size_t>(layer)];
    if (++position.value == values_[static_cast<size_t>(layer)]) {
        position.value = 0;
        ++position.image;
    }
}

void Scoreboard::compare_probes(uint64_t cycle, int layer, const Probe& left, const Probe& right) {
    Place place{cycle, "", layer, static_cast<int>(left.valid ? left.index : right.index)};
    if (left.valid != right.valid) {
        place.what = "probe_valid";
        record(place, left.valid, right.valid, names_[1]);
    } else if (left.index != right.index) {
        place.what = "probe_index";
        record(place, left.index, right.index, names_[1]);
    } else {
        record(place, left.value, right.value, names_[1], expected_value(layer));
    }
    if (Image* image = image_at(layer)) image->wrong = true;
}

void Scoreboard::follow_probe(uint64_t cycle, int layer, const Probe& probe) {
    const int neuron = positions_[static_cast<size_t>(layer)].value;
    Image* const image = image_at(layer);
    const std::optional<int64_t> expected = expected_value(layer);
    if (!image)
        record({cycle, "probe_valid without an image", layer, neuron}, 1, 0, PROTOCOL);
    else if (static_cast<int>(probe.index) != neuron)
        record({cycle, "probe_index", layer, neuron}, probe.index, neuron, PROTOCOL);
    else if (expected && *expected != probe.value)
        record({cycle, "", layer, neuron}, probe.value, *expected, REFERENCE);
    else
        return;
    if (image) image->wrong = true;
}

void Scoreboard::check_pins(uint64_t cycle, const PinsOut& left, const PinsOut& right) {
    const auto compare = [&](const char* pin, int64_t a, int64_t b) {
        if (a != b) record({cycle, std::string("pin ") + pin}, a, b, names_[1]);
    };
    const auto data = [](uint32_t word) { return static_cast<int32_t>(word); };
    compare("cfg_tready", left.cfg_tready, right.cfg_tready);
    compare("pix_tready", left.pix_tready, right.pix_tready);
    compare("res_tvalid", left.res_tvalid, right.res_tvalid);
    compare("res_tlast", left.res_tlast, right.res_tlast);
    compare("res_tdata", data(left.res_tdata), data(right.res_tdata));
    compare("ctx_active", left.ctx_active, right.ctx_active);
    compare("ctx_valid", left.ctx_valid, right.ctx_valid);
    compare("load_error", left.load_error, right.load_error);
    compare("pix_error", left.pix_error, right.pix_error);
    compare("s_axil_awready", left.control.awready, right.control.awready);
    compare("s_axil_wready", left.control.wready, right.control.wready);
    compare("s_axil_bvalid", left.control.bvalid, right.control.bvalid);
    compare("s_axil_bresp", left.control.bresp, right.control.bresp);
    compare("s_axil_arready", left.control.arready, right.control.arready);
    compare("s_axil_rvalid", left.control.rvalid, right.control.rvalid);
    compare("s_axil_rresp", left.control.rresp, right.control.rresp);
    compare("s_axil_rdata", data(left.control.rdata), data(right.control.rdata));
}

void Scoreboard::check_result(const Result& result) {
    PERMLOOM_ASSERT(!images_.empty());
    Image& image = images_.front();
    const auto compare = [&](const std::string& what, int64_t seen, int64_t expected) {
        if (seen == expected) return;
        const std::string of_image = what + " of image " + std::to_string(answered_);
        record({result.cycle, of_image}, seen, expected, REFERENCE);
        image.wrong = true;
    };
    if (image.expected) {
        for (size_t i = 0; i < result.logits.size(); ++i)
            compare("logit " + std::to_string(i), result.logits[i], image.expected->logits[i]);
        compare("label", result.label, image.expected->label);
    }
    wrong_images_ += image.wrong;
    images_.pop_front();
    ++answered_;
}

void Scoreboard::protocol(uint64_t cycle, const std::string& pin, int64_t seen, int64_t required) {
    record({cycle, "pin " + pin}, seen, required, PROTOCOL);
}

std::pair<std::optional<Difference>, uint64_t> Scoreboard::take_news() {
    return {std::exchange(first_news_, std::nullopt), std::exchange(news_, 0)};
}

void Scoreboard::record(const Place& place, int64_t left, int64_t right, std::string_view other,
                        std::optional<int64_t> reference) {
    if (!first_news_) {
        first_news_ = Difference{place.cycle, place.what, place.layer,        place.neuron, left,
                                 right,       names_[0],  std::string(other), reference};
        if (!first_) first_ = first_news_;
    }
    ++mismatches_;
    ++news_;
}

Scoreboard::Image* Scoreboard::image_at(int layer) {
    const uint64_t image = positions_[static_cast<size_t>(layer)].image;
    if (!following_ || image < answered_ || image >= begun_) return nullptr;
    return &images_[image - answered_];
}

std::optional<int64_t> Scoreboard::expected_value(int layer) {
    const Image* const image = image_at(layer);
    if (!image || !image->expected) return std::nullopt;
    const auto l = static_cast<size_t>(layer);
    const auto value = static_cast<size_t>(positions_[l].value);
    if (l + 1 == values_.size()) return image->expected->logits[value];
    return image->expected->activations[l][value];
}

}  // namespace permloom
