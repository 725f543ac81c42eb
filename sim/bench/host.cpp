#include "sim/bench/host.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/base/error.h"
#include "compiler/program/engine_plan.h"

namespace permloom {
namespace {

constexpr uint64_t NOISE_DRAWS = 5, TRAFFIC_DRAWS = 9;

std::vector<Scoreboard::Writes> writes_of(const Chip& chip) {
    std::vector<Scoreboard::Writes> writes;
    for (const ChipLayer& layer : chip.layers)
        writes.push_back({layer.output_size(), layer.values_a_write()});
    return writes;
}

/// Cycles in a row in which a working chip may leave a willing host without any handshake or probe:
/// well above the latency of an image through every layer.
uint64_t patience_of(const Chip& chip) {
    int64_t cycles = 64;
    for (const ChipLayer& layer : chip.layers)
        cycles += 4 * (layer_plan(layer, false).latency + 16);
    return static_cast<uint64_t>(cycles);
}

void check_chance(double chance, const std::string& name) {
    if (!(chance >= 0.0 && chance < 1.0))
        throw Error(name, fmt::format("{} is not a chance from 0 to below 1", chance));
}

/// Target context of a load stream, FORMAT.md word 1.
int context_of(const Load& load) {
    return load.words.size() < 2 ? 0 : static_cast<int>((load.words[1] >> 8) & 0xff);
}

}  // namespace

Bench::Host::Host(const Chip& chip, std::vector<Device*> devices, std::vector<std::string> names,
                  const Stimulus& stimulus)
    : contexts_(chip.contexts),
      inputs_(chip.inputs()),
      outputs_(chip.outputs()),
      in_bits_(chip.in_bits()),
      devices_(std::move(devices)),
      names_(std::move(names)),
      noise_(stimulus.noise),
      noise_rng_(stimulus.seed, NOISE_DRAWS),
      scoreboard_(writes_of(chip), names_),
      pixels_(chip, stimulus.pixel_gap, stimulus.seed, stimulus.noise),
      loader_(stimulus.load_gap, stimulus.seed),
      sink_(outputs_, stimulus.result_stall, stimulus.seed),
      control_(stimulus.control_gap, stimulus.seed),
      control_traffic_(stimulus.control_traffic),
      traffic_rng_(stimulus.seed, TRAFFIC_DRAWS),
      outs_(devices_.size()),
      references_(static_cast<size_t>(chip.contexts), nullptr),
      patience_(patience_of(chip)) {
    PERMLOOM_ASSERT(devices_.size() == 1 || devices_.size() == 2);
    PERMLOOM_ASSERT(names_.size() == devices_.size());
    for (size_t d = 0; d < devices_.size(); ++d) {
        if (devices_[d]->probes() != chip.probes())
            throw Error(names_[d], fmt::format("has {} probes, the chip has {}",
                                               devices_[d]->probes(), chip.probes()));
        outs_[d].probes.resize(static_cast<size_t>(chip.probes()));
    }
    check_chance(stimulus.pixel_gap, "pixel_gap");
    check_chance(stimulus.result_stall, "result_stall");
    check_chance(stimulus.load_gap, "load_gap");
    check_chance(stimulus.control_gap, "control_gap");
    check_chance(stimulus.control_traffic, "control_traffic");
}

PinsIn Bench::Host::quiet_pins() {
    PinsIn in;
    in.ctx_select = select_;
    if (noise_) {
        const uint64_t draw = noise_rng_.next();
        in.cfg_tdata = static_cast<uint32_t>(draw);
        in.cfg_tlast = (draw >> 32) & 1;
        in.pix_tlast = (draw >> 33) & 1;
        in.pix_tdata = noise_rng_.next();
        in.control.awaddr = static_cast<uint16_t>((draw >> 34) & 0xfff);
        in.control.araddr = static_cast<uint16_t>((draw >> 46) & 0xfff);
        in.control.wdata = static_cast<uint32_t>(draw >> 32);
        in.control.wstrb = static_cast<uint8_t>(draw >> 60);
    }
    return in;
}

void Bench::Host::tick(const PinsIn& in) {
    for (size_t d = 0; d < devices_.size(); ++d)
        devices_[d]->tick(in, outs_[d]);
    if (reset_seen_) scoreboard_.check_cycle(cycle_, outs_);
    if (!in.rst_n) reset_seen_ = true;
    ++cycle_;
}

void Bench::Host::step(bool results_open) {
    PinsIn in = quiet_pins();
    pixels_.drive(in);
    loader_.drive(in);
    sink_.drive(in, results_open);
    if (results_open && control_traffic_ > 0.0 && control_.idle() &&
        traffic_rng_.chance(control_traffic_))
        control_.start(control_.random_access());
    control_.drive(in.control);
    const uint64_t now = cycle_;
    tick(in);

    moved_ = std::any_of(pins().probes.begin(), pins().probes.end(),
                         [](const Probe& probe) { return probe.valid; });
    // The load first: in the cycle that shows a context valid, an image may already begin under it.
    observe_load(in);
    observe_pixels(in, now);
    observe_results(in, now);
    observe_control(in, now);
    watch(results_open);
}

void Bench::Host::observe_load(const PinsIn& in) {
    if (load_state_ == LoadState::answer) {
        load_state_ = LoadState::done;
        load_error_ = static_cast<LoadError>(pins().load_error);
        if (load_error_ == LoadError::none) {
            references_[static_cast<size_t>(context_of(load_))] = load_.reference;
            reload_complete_ = reload_context_ >= 0;
        }
        moved_ = true;
    }
    if (loader_.observe(in, pins())) {
        moved_ = true;
        if (!loader_.pending()) load_state_ = LoadState::answer;
    }
}

void Bench::Host::observe_pixels(const PinsIn& in, uint64_t now) {
    const size_t image = pixels_.image();
    const PixelSource::Taken taken = pixels_.observe(in, pins());
    moved_ |= taken.any;
    if (taken.first) {
        const int context = pins().ctx_active;
        Model* const model =
            context < contexts_ ? references_[static_cast<size_t>(context)] : nullptr;
        scoreboard_.begin_image(model ? std::optional(model->infer(images_[image])) : std::nullopt);
        in_chip_.push_back({context, reload_complete_ && context == reload_context_});
    }
    if (taken.last && !first_image_sent_) first_image_sent_ = now;
}

void Bench::Host::observe_results(const PinsIn& in, uint64_t now) {
    if (pins().res_tvalid && !first_answer_) first_answer_ = now;
    ResultSink::Taken taken = sink_.observe(now, in, pins(), scoreboard_);
    moved_ |= taken.any;
    if (!taken.result) return;
    if (in_chip_.empty()) {
        scoreboard_.protocol(now, "res_tvalid", 1, 0);  // an answer that nobody asked for
        return;
    }
    taken.result->context = in_chip_.front().context;
    taken.result->reloaded = in_chip_.front().reloaded;
    in_chip_.pop_front();
    scoreboard_.check_result(*taken.result);
    report_.results.push_back(std::move(*taken.result));
}

void Bench::Host::observe_control(const PinsIn& in, uint64_t now) {
    const std::optional<ControlAnswer> answer =
        control_.observe(now, in.control, pins().control, scoreboard_);
    if (!answer || !awaits_control_) return;
    control_answer_ = answer;
    moved_ = true;
}

void Bench::Host::watch(bool results_open) {
    const bool host_paused = pixels_.paused() || loader_.paused() || sink_.paused() ||
                             (awaits_control_ && control_.paused());
    if (moved_) {
        still_ = 0;
        return;
    }
    if (host_paused || ++still_ <= patience_) return;
    std::string problem =
        fmt::format("nothing has moved for {} cycles at cycle {}; the host waits {}", still_,
                    cycle_, waiting_for());
    if (!results_open) problem += " (results are not taken meanwhile)";
    throw Error(device_names(), problem,
                scoreboard_.first_difference()
                    ? "first difference: " + scoreboard_.first_difference()->describe()
                    : "");
}

std::string Bench::Host::waiting_for() const {
    std::vector<std::string> reasons;
    if (loader_.pending())
        reasons.push_back(
            fmt::format("to send word {} of {} of the load stream (cfg_tready is low)",
                        loader_.word(), load_.words.size()));
    if (pixels_.pending()) {
        const bool valid = (pins().ctx_valid >> pins().ctx_active) & 1;
        reasons.push_back(fmt::format(
            "to send beat {} of image {} (pix_tready is low{})", pixels_.beat(), pixels_.image(),
            valid ? "" : fmt::format("; context {} holds no valid load", pins().ctx_active)));
    }
    if (!in_chip_.empty())
        reasons.push_back(fmt::format("for the result of image {} ({} of {} words so far)",
                                      scoreboard_.images_answered(), sink_.words(), outputs_ + 1));
    if (awaits_control_) reasons.push_back("for an answer of the control port");
    if (reasons.empty())
        reasons.push_back(fmt::format("for ctx_active to become {}", static_cast<int>(select_)));
    return fmt::format("{}", fmt::join(reasons, ", and "));
}

std::string Bench::Host::device_names() const {
    return fmt::format("simulation of {}", fmt::join(names_, " and "));
}

void Bench::Host::reset(int cycles) {
    PERMLOOM_ASSERT(cycles >= 1);
    abandon();
    control_.reset();
    for (int i = 0; i < cycles; ++i) {
        PinsIn in = quiet_pins();
        in.rst_n = false;
        tick(in);
    }
    std::fill(references_.begin(), references_.end(), nullptr);
    select_ = 0;
}

void Bench::Host::abandon() {
    pixels_.start({});
    loader_.start({});
    sink_.reset();
    awaits_control_ = false;
    load_state_ = LoadState::idle;
    scoreboard_.end_run();
    still_ = 0;
}

void Bench::Host::begin_load(const Load& load) {
    PERMLOOM_ASSERT(!load.words.empty());
    load_ = load;
    load_state_ = LoadState::sending;
    loader_.start(load.words);
}

LoadError Bench::Host::load(const Load& load) try {
    reload_context_ = -1;
    begin_load(load);
    while (load_state_ != LoadState::done)
        step(false);
    load_state_ = LoadState::idle;
    return load_error_;
} catch (...) {
    abandon();
    throw;
}

void Bench::Host::select(int context) {
    PERMLOOM_ASSERT(context >= 0 && context < 256);
    const uint8_t before = std::exchange(select_, static_cast<uint8_t>(context));
    // The pin is looked at in one cycle and shows in the next.
    for (int i = 0; i < 2; ++i)
        step(false);
    if (pins().ctx_active == select_) return;
    select_ = before;
    throw Error(device_names(),
                fmt::format("context {} cannot be selected: it holds no valid load", context));
}

ControlAnswer Bench::Host::access(const ControlAccess& access) try {
    // A random access of the last run may still be under way.
    awaits_control_ = true;
    while (!control_.idle())
        step(false);
    control_answer_.reset();
    control_.start(access);
    while (!control_answer_)
        step(false);
    awaits_control_ = false;
    return *control_answer_;
} catch (...) {
    abandon();
    throw;
}

uint32_t Bench::Host::read_register(uint16_t address) {
    const ControlAnswer answer = access({.address = address});
    if (answer.response != 0)
        throw Error(device_names(),
                    fmt::format("the control port knows no register {:#05x}", address));
    return answer.data;
}

void Bench::Host::check_images(std::span<const std::vector<uint16_t>> images) const {
    for (size_t i = 0; i < images.size(); ++i) {
        const std::string where = fmt::format("image {}", i);
        if (images[i].size() != static_cast<size_t>(inputs_))
            throw Error(where,
                        fmt::format("has {} pixels, the chip takes {}", images[i].size(), inputs_));
        for (const uint16_t code : images[i])
            if (code >> in_bits_)
                throw Error(where,
                            fmt::format("pixel code {} does not fit {} bits", code, in_bits_));
    }
}

BenchReport Bench::Host::run(std::span<const std::vector<uint16_t>> images,
                             const std::optional<Reload>& reload,
                             const std::function<void(uint64_t, uint64_t)>& progress) try {
    check_images(images);
    const uint64_t start = cycle_;
    report_ = {};
    report_.results.reserve(images.size());
    images_ = images;
    in_chip_.clear();
    first_image_sent_.reset();
    first_answer_.reset();
    reload_complete_ = false;
    reload_context_ = reload ? context_of(reload->load) : -1;
    load_state_ = LoadState::idle;
    still_ = 0;
    scoreboard_.begin_run();
    pixels_.start(images);

    const uint64_t reload_at = reload ? std::min<uint64_t>(reload->after, images.size()) : 0;
    const auto reload_over = [&] {
        if (!reload) return true;
        if (load_state_ != LoadState::done) return false;
        return load_error_ != LoadError::none || reload->select < 0 ||
               pins().ctx_active == reload->select;
    };
    while (scoreboard_.images_answered() < images.size() || !reload_over()) {
        if (reload && load_state_ == LoadState::idle && scoreboard_.images_begun() >= reload_at)
            begin_load(reload->load);
        const uint64_t answered = scoreboard_.images_answered();
        step(true);
        if (reload_complete_ && reload->select >= 0) select_ = static_cast<uint8_t>(reload->select);
        if (progress && scoreboard_.images_answered() > answered)
            progress(scoreboard_.images_answered(), cycle_ - start);
    }
    scoreboard_.end_run();
    if (reload) report_.load_error = load_error_;
    finish_report(start);
    return std::move(report_);
} catch (...) {
    abandon();
    throw;
}

void Bench::Host::finish_report(uint64_t start) {
    report_.images = report_.results.size();
    report_.cycles = cycle_ - start;
    report_.wrong_images = scoreboard_.wrong_images();
    std::tie(report_.first_difference, report_.mismatches) = scoreboard_.take_news();
    if (first_image_sent_ && first_answer_ && *first_answer_ > *first_image_sent_)
        report_.latency_cycles = *first_answer_ - *first_image_sent_;
    if (report_.results.size() > 1) {
        const uint64_t span = report_.results.back().cycle - report_.results.front().cycle;
        report_.cycles_per_inference =
            static_cast<double>(span) / static_cast<double>(report_.results.size() - 1);
    }
}

}  // namespace permloom
