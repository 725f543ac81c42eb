#include "sim/systemc/pool_stage.h"

#include <algorithm>

namespace permloom::systemc {

PoolStage::PoolStage(const sc_core::sc_module_name& name, const ChipLayer& layer)
    : PipelineStage(name),
      walk_(*layer.walk),
      neurons_(static_cast<size_t>(layer.outputs)),
      pools_(static_cast<size_t>(walk_.pooled_columns()) * neurons_) {
    SC_METHOD(hold_front);
    sensitive << in << enable;
}

void PoolStage::hold_front() {
    front_enable->write(!in->read().token.valid || enable->read());
}

bool PoolStage::goes_on(const PostOp& from) {
    const auto position = static_cast<int>(from.token.position);
    const int row = position / walk_.columns, column = position % walk_.columns;
    const int pool_row = row / walk_.window, pool_column = column / walk_.window;
    if (pool_column >= walk_.pooled_columns()) return false;  // nor does a pool of part of the rows
    const int in_row = row % walk_.window, in_column = column % walk_.window;

    int64_t& pool = pools_[static_cast<size_t>(pool_column) * neurons_ + from.token.neuron];
    if (in_row == 0 && in_column == 0) {
        pool = from.value;
    } else {
        pool = walk_.pool == Pool::max ? std::max(pool, from.value) : pool + from.value;
    }
    value_ = pool;
    pool_ = static_cast<uint32_t>(pool_row * walk_.pooled_columns() + pool_column);
    return in_row + 1 == walk_.window && in_column + 1 == walk_.window;
}

void PoolStage::advance(const PostOp&, PostOp& to) {
    to.value = value_;
    to.token.position = pool_;
}

}  // namespace permloom::systemc
