#include "sim/systemc/chip_top.h"

#include <fmt/format.h>

namespace permloom::systemc {
namespace {

std::string numbered(const char* name, size_t index) {
    return fmt::format("{}_{}", name, index);
}

}  // namespace

ChipTop::ProbeWires::ProbeWires(size_t number)
    : valid(numbered("probe_valid", number).c_str()),
      index(numbered("probe_index", number).c_str()),
      value(numbered("probe_value", number).c_str()) {}

ChipTop::Segment::Segment(const Chip& chip, size_t index, size_t first_probe,
                          const LayerFactory& make)
    : write(numbered("write", index).c_str()),
      ready(numbered("ready", index).c_str()),
      skip_ready(numbered("skip_ready", index).c_str()),
      layer(make(numbered("layer", index).c_str(), chip, index)) {
    for (int k = 0; k < chip.layers[index].values_a_write(); ++k)
        probes.push_back(std::make_unique<ProbeWires>(first_probe + static_cast<size_t>(k)));
}

ChipTop::ChipTop(const sc_core::sc_module_name& name, const Chip& chip, const LayerFactory& make)
    : sc_module(name),
      pixel_loader_("pixel_loader", static_cast<uint32_t>(chip.pixel_beats())),
      result_unit_("result_unit", chip.outputs()),
      config_loader_("config_loader", chip),
      context_control_("context_control", chip.contexts),
      axi_lite_("axi_lite", chip) {
    size_t probes = 0;
    for (size_t l = 0; l < chip.layers.size(); ++l) {
        segments_.push_back(std::make_unique<Segment>(chip, l, probes, make));
        probes += segments_.back()->probes.size();
    }
    for (size_t l = 0; l < chip.layers.size(); ++l)
        bind_segment(chip, l);
    bind_ends(chip);
    bind_configuration();
    bind_control();
}

ChipTop::Join::Join(size_t index)
    : all_ready(numbered("all_ready", index).c_str()), module(numbered("join", index).c_str()) {
    module.all_ready(all_ready);
}

Wire<Write>& ChipTop::written_by(int layer) {
    return layer == NETWORK_INPUT ? pixels_ : segments_[static_cast<size_t>(layer)]->write;
}

sc_core::sc_signal<bool>& ChipTop::ready_behind(const Chip& chip, int layer) {
    if (layer + 1 == static_cast<int>(segments_.size())) return result_ready_;
    std::vector<sc_core::sc_signal<bool>*> behind;
    for (const size_t reader : chip.readers(layer))
        behind.push_back(&segments_[reader]->ready);
    for (const size_t adder : chip.adders(layer))
        behind.push_back(&segments_[adder]->skip_ready);
    if (behind.size() == 1) return *behind.front();
    Join& join = *joins_.emplace_back(std::make_unique<Join>(joins_.size()));
    for (sc_core::sc_signal<bool>* const ready : behind)
        join.module.ready(*ready);
    return join.all_ready;
}

void ChipTop::bind_segment(const Chip& chip, size_t index) {
    Segment& here = *segments_[index];
    LayerModule& layer = *here.layer;
    layer.clk(clk_);
    layer.rst_n(rst_n_);
    layer.in(written_by(chip.source(index)));
    layer.in_ready(here.ready);
    if (chip.layers[index].adds()) {
        layer.skip(written_by(*chip.layers[index].walk->skip));
        layer.skip_ready(here.skip_ready);
    }
    layer.write(here.write);
    layer.next_ready(ready_behind(chip, static_cast<int>(index)));
    layer.row(row_);
    for (size_t k = 0; k < here.probes.size(); ++k) {
        layer.probe_valid[k](here.probes[k]->valid);
        layer.probe_index[k](here.probes[k]->index);
        layer.probe_value[k](here.probes[k]->value);
    }
}

void ChipTop::bind_ends(const Chip& chip) {
    pixel_loader_.clk(clk_);
    pixel_loader_.rst_n(rst_n_);
    pixel_loader_.pix_tvalid(pix_tvalid_);
    pixel_loader_.pix_tlast(pix_tlast_);
    pixel_loader_.pix_tdata(pix_tdata_);
    pixel_loader_.pix_tready(pix_tready_);
    pixel_loader_.pix_error(pix_error_);
    pixel_loader_.clear_pix_error(clear_pix_error_);
    pixel_loader_.ctx_active(ctx_active_);
    pixel_loader_.ctx_valid(ctx_valid_);
    pixel_loader_.buffer_ready(ready_behind(chip, NETWORK_INPUT));
    pixel_loader_.write(pixels_);
    pixel_loader_.started(started_);
    pixel_loader_.dropped(dropped_);

    result_unit_.clk(clk_);
    result_unit_.rst_n(rst_n_);
    result_unit_.write(segments_.back()->write);
    result_unit_.in_ready(result_ready_);
    result_unit_.row(row_);
    result_unit_.res_tvalid(res_tvalid_);
    result_unit_.res_tlast(res_tlast_);
    result_unit_.res_tdata(res_tdata_);
    result_unit_.res_tready(res_tready_);
    result_unit_.done(done_);
}

void ChipTop::bind_configuration() {
    config_loader_.clk(clk_);
    config_loader_.rst_n(rst_n_);
    config_loader_.cfg_tvalid(cfg_tvalid_);
    config_loader_.cfg_tlast(cfg_tlast_);
    config_loader_.cfg_tdata(cfg_tdata_);
    config_loader_.cfg_tready(cfg_tready_);
    config_loader_.ctx_valid(ctx_valid_);
    config_loader_.load_error(load_error_);
    config_loader_.loading(loading_);
    config_loader_.ctx_id(ctx_id_);
    config_loader_.busy(busy_);
    config_loader_.row(row_);

    context_control_.clk(clk_);
    context_control_.rst_n(rst_n_);
    context_control_.ctx_select(ctx_select_);
    context_control_.select(select_);
    context_control_.ctx_valid(ctx_valid_);
    context_control_.ctx_active(ctx_active_);
    context_control_.started(started_);
    context_control_.dropped(dropped_);
    context_control_.done(done_);
    context_control_.busy(busy_);
}

void ChipTop::bind_control() {
    axi_lite_.clk(clk_);
    axi_lite_.rst_n(rst_n_);
    axi_lite_.awaddr(awaddr_);
    axi_lite_.awvalid(awvalid_);
    axi_lite_.awready(awready_);
    axi_lite_.wdata(wdata_);
    axi_lite_.wstrb(wstrb_);
    axi_lite_.wvalid(wvalid_);
    axi_lite_.wready(wready_);
    axi_lite_.bresp(bresp_);
    axi_lite_.bvalid(bvalid_);
    axi_lite_.bready(bready_);
    axi_lite_.araddr(araddr_);
    axi_lite_.arvalid(arvalid_);
    axi_lite_.arready(arready_);
    axi_lite_.rdata(rdata_);
    axi_lite_.rresp(rresp_);
    axi_lite_.rvalid(rvalid_);
    axi_lite_.rready(rready_);
    axi_lite_.ctx_active(ctx_active_);
    axi_lite_.ctx_valid(ctx_valid_);
    axi_lite_.ctx_id(ctx_id_);
    axi_lite_.load_error(load_error_);
    axi_lite_.loading(loading_);
    axi_lite_.pix_error(pix_error_);
    axi_lite_.clear_pix_error(clear_pix_error_);
    axi_lite_.select(select_);
    axi_lite_.pixels(pixels_);
    axi_lite_.dropped(dropped_);
    axi_lite_.done(done_);
}

void ChipTop::drive(const PinsIn& pins) {
    rst_n_.write(pins.rst_n);
    cfg_tvalid_.write(pins.cfg_tvalid);
    cfg_tlast_.write(pins.cfg_tlast);
    cfg_tdata_.write(pins.cfg_tdata);
    pix_tvalid_.write(pins.pix_tvalid);
    pix_tlast_.write(pins.pix_tlast);
    pix_tdata_.write(pins.pix_tdata);
    res_tready_.write(pins.res_tready);
    ctx_select_.write(pins.ctx_select);
    awvalid_.write(pins.control.awvalid);
    awaddr_.write(pins.control.awaddr);
    wvalid_.write(pins.control.wvalid);
    wdata_.write(pins.control.wdata);
    wstrb_.write(pins.control.wstrb);
    bready_.write(pins.control.bready);
    arvalid_.write(pins.control.arvalid);
    araddr_.write(pins.control.araddr);
    rready_.write(pins.control.rready);
}

void ChipTop::sample(PinsOut& pins) const {
    pins.cfg_tready = cfg_tready_.read();
    pins.pix_tready = pix_tready_.read();
    pins.res_tvalid = res_tvalid_.read();
    pins.res_tlast = res_tlast_.read();
    pins.res_tdata = res_tdata_.read();
    pins.ctx_active = ctx_active_.read();
    pins.ctx_valid = ctx_valid_.read();
    pins.load_error = load_error_.read();
    pins.pix_error = pix_error_.read();
    pins.control = {.awready = awready_.read(),
                    .wready = wready_.read(),
                    .bvalid = bvalid_.read(),
                    .arready = arready_.read(),
                    .rvalid = rvalid_.read(),
                    .bresp = bresp_.read(),
                    .rresp = rresp_.read(),
                    .rdata = rdata_.read()};
    pins.probes.clear();
    for (const auto& segment : segments_)
        for (const auto& probe : segment->probes)
            pins.probes.push_back({probe->valid.read(), probe->index.read(), probe->value.read()});
}

void ChipTop::trace(sc_core::sc_trace_file* file) const {
    const auto add = [file](const auto&... signals) {
        (sc_core::sc_trace(file, signals, signals.basename()), ...);
    };
    add(clk_, rst_n_, cfg_tvalid_, cfg_tlast_, cfg_tdata_, cfg_tready_, pix_tvalid_, pix_tlast_,
        pix_tdata_, pix_tready_, pix_error_, res_tvalid_, res_tlast_, res_tdata_, res_tready_,
        ctx_select_, ctx_active_, ctx_valid_, load_error_, awaddr_, awvalid_, awready_, wdata_,
        wstrb_, wvalid_, wready_, bresp_, bvalid_, bready_, araddr_, arvalid_, arready_, rdata_,
        rresp_, rvalid_, rready_);
    for (const auto& segment : segments_)
        for (const auto& probe : segment->probes)
            add(probe->valid, probe->index, probe->value);
}

}  // namespace permloom::systemc
