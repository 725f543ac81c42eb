#include "compiler/emit/generic.h"

#include <fmt/format.h>

#include <string>

#include "compiler/base/digest.h"
#include "compiler/base/error.h"
#include "compiler/base/version.h"
#include "compiler/emit/estimate.h"
#include "compiler/program/engine_plan.h"
#include "compiler/program/expand.h"

namespace permloom {
namespace {

/// A line of Markdown for each layer.
std::string layer_list(const Chip& chip) {
    std::string text;
    for (const ChipLayer& layer : chip.layers)
        text += fmt::format("* layer {}: {} -> {}, engine `{}`, rail `{}`\n",
                            &layer - chip.layers.data(), layer.inputs, layer.outputs,
                            to_string(layer.engine), to_string(layer.rail));
    return text;
}

constexpr char TESTBENCH[] =
    R"(// Self-checking testbench of {name}, written by permloom {version}; chip {fingerprint}.
//
// Loads the configuration, offers a damaged copy of it to the other context (which must be refused
// while the first goes on), streams {images} stored images with pauses on both sides, and compares
// every word of every result. Identity, state and counters are read over the control port.
`timescale 1ns / 1ps
`default_nettype none
module permloom_tb;
  localparam integer LOAD_WORDS = {load_words};
  localparam integer IMAGES = {images};
  localparam integer BEATS = {beats};           // of an image
  localparam integer RESULT_WORDS = {result_words};  // of an image
  localparam integer CONTEXTS = {contexts};
  localparam integer CYCLE_LIMIT = {cycle_limit};

  reg clk = 1'b0;
  always #5 clk = !clk;

  reg rst_n = 1'b0;
  reg [31:0] cfg_tdata = 32'd0;
  reg cfg_tvalid = 1'b0;
  reg cfg_tlast = 1'b0;
  wire cfg_tready;
  reg [{pixel_msb}:0] pix_tdata = {pixel_bits}'d0;
  reg pix_tvalid = 1'b0;
  reg pix_tlast = 1'b0;
  wire pix_tready;
  wire [31:0] res_tdata;
  wire res_tvalid;
  wire res_tlast;
  reg res_tready = 1'b0;
  wire [7:0] ctx_active;
  wire [7:0] ctx_valid;
  wire [7:0] load_error;
  wire pix_error;
  reg [11:0] araddr = 12'd0;
  reg arvalid = 1'b0;
  reg rready = 1'b0;
  wire arready;
  wire [31:0] rdata;
  wire rvalid;

  permloom_top dut (
    .clk(clk), .rst_n(rst_n),
    .cfg_tdata(cfg_tdata), .cfg_tvalid(cfg_tvalid), .cfg_tready(cfg_tready), .cfg_tlast(cfg_tlast),
    .pix_tdata(pix_tdata), .pix_tvalid(pix_tvalid), .pix_tready(pix_tready), .pix_tlast(pix_tlast),
    .res_tdata(res_tdata), .res_tvalid(res_tvalid), .res_tready(res_tready), .res_tlast(res_tlast),
    .ctx_select(8'd0), .ctx_active(ctx_active), .ctx_valid(ctx_valid),
    .load_error(load_error), .pix_error(pix_error),
    .s_axil_awaddr(12'd0), .s_axil_awvalid(1'b0), .s_axil_awready(), .s_axil_wdata(32'd0),
    .s_axil_wstrb(4'd0), .s_axil_wvalid(1'b0), .s_axil_wready(), .s_axil_bresp(), .s_axil_bvalid(),
    .s_axil_bready(1'b0), .s_axil_araddr(araddr), .s_axil_arvalid(arvalid),
    .s_axil_arready(arready), .s_axil_rdata(rdata), .s_axil_rresp(), .s_axil_rvalid(rvalid),
    .s_axil_rready(rready),
    .probe_valid(), .probe_index(), .probe_value()
  );

  reg [31:0] load_words [0:LOAD_WORDS-1];
  reg [{pixel_msb}:0] beats [0:IMAGES*BEATS-1];
  reg [31:0] expected [0:IMAGES*RESULT_WORDS-1];

  integer errors = 0;
  integer taken = 0;
  integer cycles = 0;

  task expect_equal(input [31:0] actual, input [31:0] wanted, input integer check);
    if (actual !== wanted) begin
      errors = errors + 1;
      $display("check %0d: %0d, expected %0d", check, actual, wanted);
    end
  endtask

  // One packet on the configuration port; `change` is added to word 1 without renewing the CRC.
  task send_load(input [31:0] change);
    integer i;
    begin
      for (i = 0; i < LOAD_WORDS; i = i + 1) begin
        cfg_tdata <= load_words[i] ^ (i == 1 ? change : 32'd0);
        cfg_tlast <= i == LOAD_WORDS - 1;
        cfg_tvalid <= 1'b1;
        @(posedge clk);
        while (!cfg_tready) @(posedge clk);
      end
      cfg_tvalid <= 1'b0;
      cfg_tlast <= 1'b0;
      repeat (2) @(posedge clk);
    end
  endtask

  // A register of the control port must read `wanted`.
  task expect_register(input [11:0] address, input [31:0] wanted, input integer check);
    begin
      araddr <= address;
      arvalid <= 1'b1;
      @(posedge clk);
      while (!arready) @(posedge clk);
      arvalid <= 1'b0;
      rready <= 1'b1;
      @(posedge clk);
      while (!rvalid) @(posedge clk);
      rready <= 1'b0;
      expect_equal(rdata, wanted, check);
    end
  endtask

  // Pauses from a 16-bit linear feedback shift register.
  reg [15:0] noise = 16'hace1;
  always @(posedge clk) begin
    noise <= {{noise[14:0], noise[15] ^ noise[13] ^ noise[12] ^ noise[10]}};
    res_tready <= noise[1:0] != 2'b00;
  end

  integer image, beat;
  initial begin
    $readmemh("load.hex", load_words);
    $readmemh("pixels.hex", beats);
    $readmemh("expected.hex", expected);
    repeat (4) @(posedge clk);
    rst_n <= 1'b1;
    @(posedge clk);
    send_load(32'd0);
    expect_equal({{24'd0, load_error}}, 32'd0, 1);
    expect_equal({{24'd0, ctx_valid}}, 32'd1, 2);
    send_load(32'h00000100);
    expect_equal({{24'd0, load_error}}, CONTEXTS == 2 ? 32'd9 : 32'd3, 3);
    expect_equal({{24'd0, ctx_valid}}, 32'd1, 4);
    expect_register(12'h000, 32'h314d4c50, 8);
    expect_register(12'h010, 32'h{fingerprint_low:08x}, 9);
    expect_register(12'h014, 32'h{fingerprint_high:08x}, 10);
    expect_register(12'h018, {{8'd0, load_error, 16'h0100}}, 11);
    expect_register(12'h02c, 32'd0, 12);
    for (image = 0; image < IMAGES; image = image + 1)
      for (beat = 0; beat < BEATS; beat = beat + 1) begin
        while (noise[4:2] == 3'b000) @(posedge clk);
        pix_tdata <= beats[image*BEATS+beat];
        pix_tlast <= beat == BEATS - 1;
        pix_tvalid <= 1'b1;
        @(posedge clk);
        while (!pix_tready) @(posedge clk);
        pix_tvalid <= 1'b0;
      end
    wait (taken == IMAGES * RESULT_WORDS);
    @(posedge clk);
    expect_register(12'h02c, IMAGES, 13);
    expect_register(12'h030, IMAGES, 14);
    expect_register(12'h034, 32'd0, 15);
    expect_equal({{31'd0, pix_error}}, 32'd0, 6);
    expect_equal({{24'd0, ctx_active}}, 32'd0, 7);
    if (errors == 0) $display("PASS: %0d images, %0d cycles, mismatches: 0", IMAGES, cycles);
    else $display("FAIL: %0d mismatches in %0d images", errors, IMAGES);
    $finish;
  end

  always @(posedge clk) begin
    cycles = cycles + 1;
    if (rst_n && res_tvalid && res_tready) begin
      if (res_tdata !== expected[taken]) begin
        errors = errors + 1;
        $display("image %0d, word %0d: %0d, expected %0d", taken / RESULT_WORDS,
                 taken % RESULT_WORDS, $signed(res_tdata), $signed(expected[taken]));
      end
      expect_equal({{31'd0, res_tlast}}, taken % RESULT_WORDS == RESULT_WORDS - 1 ? 32'd1 : 32'd0, 5);
      taken = taken + 1;
    end
    if (cycles == CYCLE_LIMIT) begin
      $display("FAIL: only %0d of %0d result words after %0d cycles", taken,
               IMAGES * RESULT_WORDS, cycles);
      $finish;
    end
  end
endmodule
`default_nettype wire
)";

constexpr char MAKEFILE[] =
    R"make(# {name}, written by permloom {version}. Targets: lint sim gate cells luts report clean help.
PERMLOOM ?= permloom
RTL := {sources}

CELLS_SIM = $(dir $(shell command -v yosys))../share/yosys/ice40/cells_sim.v
need = @command -v $(1) >/dev/null || {{ echo "$(1) is missing: $(2)" >&2; exit 1; }}

.PHONY: help lint sim gate cells luts report clean
.DELETE_ON_ERROR:
help:
	@echo "make lint   Verilator lint, all warnings on"
	@echo "make sim    Icarus Verilog runs the self-checking testbench; fails on the first mismatch"
	@echo "make gate   the same with the netlist behind synthesis for an iCE40"
	@echo "make cells  Yosys counts word-level cells: registers, adders, multipliers, memories"
	@echo "make luts   Yosys counts LUTs, flip-flops and block RAMs of an iCE40"
	@echo "make report that beside the estimate"

lint:
	$(call need,verilator,apt-get install verilator)
	verilator --lint-only -Wall --top-module permloom_top $(RTL)

sim: sim.vvp
	vvp -n sim.vvp | tee sim.log
	@grep -q '^PASS' sim.log

sim.vvp: tb/permloom_tb.sv $(RTL)
	$(call need,iverilog,apt-get install iverilog)
	iverilog -g2012 -s permloom_tb -o $@ $(RTL) tb/permloom_tb.sv

gate: netlist.v tb/permloom_tb.sv
	$(call need,iverilog,apt-get install iverilog)
	iverilog -g2012 -DNO_ICE40_DEFAULT_ASSIGNMENTS -s permloom_tb -o gate.vvp tb/permloom_tb.sv $< $(CELLS_SIM)
	vvp -n gate.vvp | tee gate.log
	@grep -q '^PASS' gate.log

cells:
	$(call need,yosys,apt-get install yosys)
	yosys -q -l cells.log -p "read_verilog -sv $(RTL); hierarchy -check -top permloom_top; synth -run begin:fine; tee -o cells.txt stat -width"
	cat cells.txt

luts: luts.txt
	cat luts.txt

luts.txt: $(RTL)
	$(call need,yosys,apt-get install yosys)
	yosys -q -l luts.log -p "read_verilog -sv $(RTL); synth_ice40 -device hx -top permloom_top; tee -o luts.txt stat; write_verilog -noattr netlist.v"

netlist.v: luts.txt

report: luts.txt
	$(call need,$(PERMLOOM),make report PERMLOOM=/path/to/permloom)
	$(PERMLOOM) emit --report .

clean:
	rm -f sim.vvp sim.log gate.vvp gate.log netlist.v cells.log cells.txt luts.log luts.txt
)make";

constexpr char README[] = R"(# {name}

Written by permloom {version} for target `generic`. Chip {fingerprint}, {contexts} context(s), circuit `{circuit}`.

{layers}
| | |
|---|---|
| `rtl/permloom_top.sv` | the chip: parameters, instances and constants; the cells are beside it |
| `load.hex` | the configuration `{network}` as its load stream, {load_words} words of 32 bits, for context 0 |
| `pixels.hex`, `expected.hex` | {images} stored images and what the bit-exact reference answers |
| `report.json` | the estimate of what the chip costs |
| `devices_layer*.hex` | device ROMs of layers of engine `folded` or `serial` with a profile per neuron, if there are any |
| `tb/permloom_tb.sv` | self-checking testbench |

`make lint` (Verilator), `make sim` (Icarus Verilog), `make gate` (the same with the netlist behind synthesis), `make cells` (Yosys), `make luts` (Yosys, for an iCE40), `make report` (that
beside the estimate of `report.json`). `make sim` ends with `PASS: ... mismatches: 0`.

Ports, timing and the load stream are described in the project's `rtl/MICROARCHITECTURE.md` and `compiler/program/FORMAT.md`.
)";

}  // namespace

std::vector<EmittedFile> emit_generic(const Chip& chip, const Configuration& configuration,
                                      const EmitVectors& vectors) {
    const size_t images = vectors.codes.size();
    const LoadStream load = expand(chip, configuration);

    std::vector<EmittedFile> files;
    std::string sources;
    const auto add_source = [&](const std::string& name, const std::string& text) {
        files.push_back({"rtl/" + name, text});
        if (name.ends_with(".sv"))
            sources += (sources.empty() ? "" : " \\\n       ") + files.back().name;
    };
    for (const EmittedFile& cell : rtl_cells())
        add_source(cell.name, cell.text);
    add_source("permloom_top.sv", emit_top(chip));
    for (const EmittedFile& image : emit_device_images(chip))
        files.push_back(image);

    files.push_back({"load.hex", hex_words(load.words)});
    for (const EmittedFile& file : vector_files(chip, vectors))
        files.push_back(file);

    const int result_words_per_image = chip.outputs() + 1;
    // With gaps and pauses on every stream.
    const int64_t slowest = chip.pixel_beats() + result_words_per_image + chip_latency(chip);
    const auto fill = [&](const char* pattern) {
        return fmt::format(
            fmt::runtime(pattern), fmt::arg("name", chip.name), fmt::arg("version", VERSION),
            fmt::arg("fingerprint", to_hex(fingerprint(chip), 16)),
            fmt::arg("fingerprint_low", low_word(fingerprint(chip)) & 0xffffffff),
            fmt::arg("fingerprint_high", low_word(fingerprint(chip)) >> 32),
            fmt::arg("images", images), fmt::arg("load_words", load.words.size()),
            fmt::arg("beats", chip.pixel_beats()), fmt::arg("result_words", result_words_per_image),
            fmt::arg("contexts", chip.contexts), fmt::arg("pixel_bits", chip.pixel_stream_bits),
            fmt::arg("pixel_msb", chip.pixel_stream_bits - 1),
            fmt::arg("cycle_limit", 8 * estimate(chip).load_cycles +
                                        4 * static_cast<int64_t>(images) * slowest + 1000),
            fmt::arg("sources", sources), fmt::arg("layers", layer_list(chip)),
            fmt::arg("circuit", chip.circuit), fmt::arg("network", configuration.network));
    };
    files.push_back({"tb/permloom_tb.sv", fill(TESTBENCH)});
    files.push_back({"Makefile", fill(MAKEFILE)});
    files.push_back({"README.md", fill(README)});
    return files;
}

}  // namespace permloom
