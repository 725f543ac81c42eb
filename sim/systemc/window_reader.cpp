#include "sim/systemc/window_reader.h"

#include "compiler/program/engine_plan.h"

namespace permloom::systemc {
namespace {

/// `count` elements side by side, as a write carries them.
template <class ElementAt>
uint64_t packed(int count, int bits, ElementAt element_at) {
    uint64_t data = 0;
    for (int lane = 0; lane < count; ++lane)
        data |= uint64_t{element_at(lane)} << (lane * bits);
    return data;
}

/// Counts on and says whether that was the last.
bool wraps(int& counter, int count) {
    counter = counter + 1 == count ? 0 : counter + 1;
    return counter == 0;
}

}  // namespace

WindowReader::WindowReader(const sc_core::sc_module_name& name, const ChipLayer& layer)
    : sc_module(name),
      walk_(*layer.walk),
      lanes_(window_lanes(layer)),
      parts_(layer.walk->map.channels / lanes_),
      bits_(layer.in_bits),
      steps_(static_cast<uint32_t>(window_steps(layer))),
      padding_(packed(lanes_, bits_, [&](int) { return static_cast<uint16_t>(layer.in_zero); })) {
    SC_METHOD(write_window);
    sensitive << read_ << window_ready;
    SC_METHOD(give_back);
    sensitive << read_ << window_ready << map_valid << skip_valid << last_next_;
    SC_METHOD(edge);
    sensitive << clk.pos();
    dont_initialize();
}

void WindowReader::write_window() {
    Write& to = window->next();
    to = read_.read();
    to.valid = to.valid && window_ready->read();
}

void WindowReader::give_back() {
    leave->write(issues() && last_next_.read());
}

bool WindowReader::issues() const {
    return enabled() && map_valid->read() && skip_valid->read();
}

void WindowReader::edge() {
    if (!rst_n->read()) {
        row_ = column_ = kernel_row_ = kernel_column_ = part_ = 0;
        step_ = 0;
        read_.next().valid = false;
        last_next_.write(closes_map());
    } else if (issues()) {
        issue();
    } else if (enabled() && read_.read().valid) {
        read_.next().valid = false;
    }
}

void WindowReader::issue() {
    read_.next() = {.valid = true,
                    .last = closes_window(),
                    .ctx = map_ctx->read(),
                    .addr = step_,
                    .data = values()};
    count_on();
    last_next_.write(closes_map());
}

uint64_t WindowReader::values() const {
    const int y = row_ * walk_.stride - walk_.top + kernel_row_;
    const int x = column_ * walk_.stride - walk_.left + kernel_column_;
    if (y < 0 || y >= walk_.map.rows || x < 0 || x >= walk_.map.columns) return padding_;
    const int at = (y * walk_.map.columns + x) * walk_.map.channels + part_ * lanes_;
    const uint16_t* from = map->bank(map_bank->read()).data() + at;
    return packed(lanes_, bits_, [from](int lane) { return from[lane]; });
}

void WindowReader::count_on() {
    ++step_;
    if (!wraps(part_, parts_) || !wraps(kernel_column_, walk_.kernel) ||
        !wraps(kernel_row_, walk_.kernel))
        return;
    step_ = 0;
    if (wraps(column_, walk_.columns)) wraps(row_, walk_.rows);
}

bool WindowReader::closes_map() const {
    return closes_window() && column_ + 1 == walk_.columns && row_ + 1 == walk_.rows;
}

}  // namespace permloom::systemc
