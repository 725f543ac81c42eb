#include "sim/systemc/feature_map.h"

namespace permloom::systemc {

FeatureMap::FeatureMap(const sc_core::sc_module_name& name, const ChipLayer& layer, int lanes)
    : sc_module(name),
      memory_("memory", layer.input_size(), layer.input_size(), lanes, layer.in_bits),
      reader_("reader", layer) {
    memory_.clk(clk);
    memory_.rst_n(rst_n);
    memory_.write(write);
    memory_.in_ready(in_ready);
    memory_.out_valid(valid_);
    memory_.out_ctx(ctx_);
    memory_.out_bank(bank_);
    memory_.advance(leave);
    memory_.release(leave);

    reader_.clk(clk);
    reader_.rst_n(rst_n);
    reader_.map(memory_);
    reader_.map_valid(valid_);
    reader_.map_ctx(ctx_);
    reader_.map_bank(bank_);
    reader_.skip_valid(skip_valid);
    reader_.leave(leave);
    reader_.window(window);
    reader_.window_ready(window_ready);
}

}  // namespace permloom::systemc
