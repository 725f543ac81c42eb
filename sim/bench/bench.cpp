#include "sim/bench/bench.h"

#include <utility>

#include "sim/bench/host.h"

namespace permloom {

Bench::Bench(const Chip& chip, std::vector<Device*> devices, std::vector<std::string> names,
             const Stimulus& stimulus)
    : host_(std::make_unique<Host>(chip, std::move(devices), std::move(names), stimulus)) {}
Bench::~Bench() = default;
Bench::Bench(Bench&&) noexcept = default;

void Bench::reset(int cycles) {
    host_->reset(cycles);
}
LoadError Bench::load(const Load& load) {
    return host_->load(load);
}
void Bench::select(int context) {
    host_->select(context);
}
ControlAnswer Bench::access(const ControlAccess& access) {
    return host_->access(access);
}
uint32_t Bench::read_register(uint16_t address) {
    return host_->read_register(address);
}
BenchReport Bench::run(std::span<const std::vector<uint16_t>> images,
                       const std::optional<Reload>& reload,
                       const std::function<void(uint64_t, uint64_t)>& progress) {
    return host_->run(images, reload, progress);
}
const PinsOut& Bench::tick(const PinsIn& in) {
    host_->tick(in);
    return host_->pins();
}
const PinsOut& Bench::pins() const {
    return host_->pins();
}
uint64_t Bench::cycle() const {
    return host_->cycle();
}
uint64_t Bench::mismatches() const {
    return host_->scoreboard().mismatches();
}
const std::optional<Difference>& Bench::first_difference() const {
    return host_->scoreboard().first_difference();
}

}  // namespace permloom
