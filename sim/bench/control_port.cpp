#include "sim/bench/control_port.h"

#include <string>

namespace permloom {
namespace {

// Streams of the host's generator, beside those of streams.cpp and host.cpp.
constexpr uint64_t ACCESS_DRAWS = 6, ADDRESS_DRAWS = 7, DATA_DRAWS = 8;

constexpr uint64_t KNOWN_REGISTERS = 16;

}  // namespace

ControlPort::ControlPort(double gap, uint64_t seed)
    : gap_(gap),
      rng_(seed, ACCESS_DRAWS),
      address_pacing_(gap, Rng(seed, ADDRESS_DRAWS)),
      data_pacing_(gap, Rng(seed, DATA_DRAWS)) {}

void ControlPort::start(const ControlAccess& access) {
    access_ = access;
    address_sent_ = false;
    data_sent_ = !access.write;
    address_pacing_.taken();
    data_pacing_.taken();
}

ControlAccess ControlPort::random_access() {
    ControlAccess access;
    access.write = rng_.below(3) == 0;
    access.address = static_cast<uint16_t>(rng_.below(8) == 0 ? rng_.below(0x1000)
                                                              : 4 * rng_.below(KNOWN_REGISTERS));
    access.data = static_cast<uint32_t>(rng_.next());
    if (rng_.below(8) == 0) access.strobe = static_cast<uint8_t>(rng_.below(16));
    const bool selects = access.write && access.address / 4 == ControlRegister::select / 4;
    if (selects) access.strobe = 0;
    return access;
}

void ControlPort::drive(ControlIn& in) {
    const bool write = access_ && access_->write, read = access_ && !access_->write;
    const bool offers_address = address_pacing_.offer(access_ && !address_sent_);
    const bool offers_data = data_pacing_.offer(write && !data_sent_);
    in.awvalid = write && offers_address;
    in.wvalid = offers_data;
    in.arvalid = read && offers_address;
    if (in.awvalid) in.awaddr = access_->address;
    if (in.arvalid) in.araddr = access_->address;
    if (in.wvalid) {
        in.wdata = access_->data;
        in.wstrb = access_->strobe;
    }
    in.bready = gap_ == 0.0 || !rng_.chance(gap_);
    in.rready = gap_ == 0.0 || !rng_.chance(gap_);
    paused_ = access_ && ((!address_sent_ && !offers_address) || (!data_sent_ && !offers_data) ||
                          !in.bready || !in.rready);
}

std::optional<ControlAnswer> ControlPort::observe(uint64_t cycle, const ControlIn& in,
                                                  const ControlOut& out, Scoreboard& scoreboard) {
    const bool sent = address_sent_ && data_sent_;
    const bool write = access_ && access_->write;
    check(cycle, "b", {out.bvalid, {out.bresp, 0}}, waiting_b_, in.bready, sent && write,
          scoreboard);
    check(cycle, "r", {out.rvalid, {out.rresp, out.rdata}}, waiting_r_, in.rready,
          access_ && sent && !write, scoreboard);
    if ((in.awvalid && out.awready) || (in.arvalid && out.arready)) {
        address_pacing_.taken();
        address_sent_ = true;
    }
    if (in.wvalid && out.wready) {
        data_pacing_.taken();
        data_sent_ = true;
    }
    if (!access_ || !sent) return std::nullopt;
    std::optional<ControlAnswer> answer;
    if (write && out.bvalid && in.bready) answer = {out.bresp, 0};
    if (!write && out.rvalid && in.rready) answer = {out.rresp, out.rdata};
    if (answer) access_.reset();
    return answer;
}

void ControlPort::check(uint64_t cycle, const char* channel, const Answer& now, Answer& waiting,
                        bool ready, bool expected, Scoreboard& scoreboard) {
    const auto require = [&](const char* pin, int64_t seen, int64_t required) {
        if (seen != required)
            scoreboard.protocol(cycle, std::string("s_axil_") + channel + pin, seen, required);
    };
    if (waiting.valid) {
        require("valid", now.valid, true);
        require("resp", now.content.response, waiting.content.response);
        require("data", now.content.data, waiting.content.data);
    } else if (now.valid) {
        require("valid", 1, expected);  // an answer that nobody asked for
    } else {
        require("resp", now.content.response, 0);
        require("data", now.content.data, 0);
    }
    waiting = now;
    waiting.valid = now.valid && !ready;
}

void ControlPort::reset() {
    access_.reset();
    address_pacing_.taken();
    data_pacing_.taken();
    waiting_b_ = waiting_r_ = {};
}

}  // namespace permloom
