#include "sim/systemc/post_op.h"

#include <algorithm>

namespace permloom::systemc {
namespace {

/// The low `bits` bits of `value`, as a two's complement number.
int64_t sign_extend(uint64_t value, int bits) {
    return static_cast<int64_t>(value << (64 - bits)) >> (64 - bits);
}

}  // namespace

LayerRegisterFile::LayerRegisterFile(const sc_core::sc_module_name& name, uint32_t layer, bool adds)
    : sc_module(name), layer_(layer), adds_(adds) {
    SC_METHOD(store);
    sensitive << row;
    dont_initialize();
}

void LayerRegisterFile::store() {
    const Row& in_row = row->read();
    if (!in_row.goes_to(layer_, Section::layer_registers)) return;
    const uint32_t shift = in_row.data[0], offset = in_row.data[1], top = in_row.data[2];
    values_[in_row.ctx] = {.s = static_cast<int>(shift & 0x3f),
                           .z = offset & 0xffff,
                           .lo = offset >> 16,
                           .hi = top & 0xffff,
                           .relu = ((shift >> 8) & 1) != 0,
                           .m2 = adds_ ? sign_extend(in_row.data[3], 17) : 0};
    rows->next() = values_;
}

BiasStage::BiasStage(const sc_core::sc_module_name& name, uint32_t layer, const LaneRows& rows)
    : PipelineStage(name), layer_(layer), lanes_(rows.lanes), lane_(rows.lane), memory_(rows.rows) {
    SC_METHOD(store);
    sensitive << row;
    dont_initialize();
}

void BiasStage::advance(const Total& from, PostOp& to) {
    to.registers = memory_[from.token.addr];
    to.value = from.value + to.registers.b;
    if (layer_rows.size() != 0 && layer_rows->read()[from.token.ctx].relu) {
        to.value = std::max<int64_t>(to.value, 0);
    }
}

void BiasStage::store() {
    const Row& in_row = row->read();
    if (!in_row.goes_to(layer_, Section::neuron_registers)) return;
    if (in_row.addr % lanes_ != lane_) return;
    const auto& words = in_row.data;
    memory_[in_row.addr / lanes_] = {.b = sign_extend(words[0], 32),
                                     .m = sign_extend(words[1], 17),
                                     .c = sign_extend(uint64_t{words[3]} << 32 | words[2], 48)};
}

void ScaleStage::advance(const PostOp& from, PostOp& to) {
    to.registers = from.registers;
    to.value = from.value * from.registers.m + skip->read() * layer_rows->read()[from.token.ctx].m2;
}

void RoundStage::advance(const PostOp& from, PostOp& to) {
    const int s = layer_rows->read()[from.token.ctx].s;
    const int64_t round = s == 0 ? 0 : int64_t{1} << (s - 1);
    to.registers = from.registers;
    to.value = from.value + from.registers.c + round;
}

void ClampStage::advance(const PostOp& from, PostOp& to) {
    const LayerRow& layer = layer_rows->read()[from.token.ctx];
    to.registers = from.registers;
    to.value = std::min(std::max(layer.z + (from.value >> layer.s), layer.lo), layer.hi);
}

}  // namespace permloom::systemc
