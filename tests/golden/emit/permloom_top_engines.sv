// Chip engines, written by permloom 0.1.0 for target generic.
//
//     fingerprint 265e2579980ef4fe22a5b980b5edf02667a32a6bf6b469793ee3d79e43eee297
//     layer 0: 5 -> 3, engine serial of 2 lane(s), rail dual, 3-bit devices, one profile for all neurons
//     layer 1: 3 -> 3, engine serial of 2 lane(s), rail single, 2-bit devices, a profile per neuron
//     layer 2: 3 -> 3, engine programmable of 2 lane(s), rail dual, 2-bit devices, one profile for all neurons
//     layer 3: 3 -> 2, engine level of 2 input(s) a cycle, rail split, 3-bit devices, a profile per neuron
//
// Instances and constants alone: the logic is in the cells, the ports and their timing are
// described in rtl/MICROARCHITECTURE.md, the load stream in compiler/program/FORMAT.md.
`default_nettype none
module permloom_top (
  input  wire clk,
  /// Synchronous, active low.
  input  wire rst_n,
  /// Load stream.
  input  wire [31:0] cfg_tdata,
  input  wire cfg_tvalid,
  output wire cfg_tready,
  input  wire cfg_tlast,
  /// Images, 4 pixel(s) of 4 bits a beat.
  input  wire [15:0] pix_tdata,
  input  wire pix_tvalid,
  output wire pix_tready,
  input  wire pix_tlast,
  /// Results: 2 logit(s), then the class.
  output wire [31:0] res_tdata,
  output wire res_tvalid,
  input  wire res_tready,
  output wire res_tlast,
  /// Context wanted, context running, contexts loaded.
  input  wire [7:0] ctx_select,
  output wire [7:0] ctx_active,
  output wire [7:0] ctx_valid,
  /// Error code of the last load; an image was dropped since reset or clearing.
  output wire [7:0] load_error,
  output wire pix_error,
  /// Control port: identity, state, counters, choice of the context.
  input  wire [11:0] s_axil_awaddr,
  input  wire s_axil_awvalid,
  output wire s_axil_awready,
  input  wire [31:0] s_axil_wdata,
  input  wire [3:0] s_axil_wstrb,
  input  wire s_axil_wvalid,
  output wire s_axil_wready,
  output wire [1:0] s_axil_bresp,
  output wire s_axil_bvalid,
  input  wire s_axil_bready,
  input  wire [11:0] s_axil_araddr,
  input  wire s_axil_arvalid,
  output wire s_axil_arready,
  output wire [31:0] s_axil_rdata,
  output wire [1:0] s_axil_rresp,
  output wire s_axil_rvalid,
  input  wire s_axil_rready,
  /// The write behind each layer, layer l in slice l.
  output wire [3:0] probe_valid,
  output wire [63:0] probe_index,
  output wire [127:0] probe_value
);
  localparam integer CONTEXTS = 2;
  localparam integer ROW_BITS = 128;

  // Configuration: the row bus writes the memories and registers of the layers.
  wire row_valid;
  wire [15:0] row_layer;
  wire [7:0] row_section;
  wire [7:0] row_stage;
  wire [31:0] row_addr;
  wire [ROW_BITS-1:0] row_data;
  wire [1:0] contexts_valid;
  wire [63:0] ctx_id;
  wire [1:0] in_flight;
  wire loading;
  assign ctx_valid = {6'd0, contexts_valid};
  pl_config_loader #(
    .LAYERS(4), .CONTEXTS(CONTEXTS), .NEURONS({16'd2, 16'd3, 16'd3, 16'd3}),
    .WIRING({8'd6, 8'd7, 8'd5, 8'd5}), .STAGES({16'd2, 16'd2, 16'd2, 16'd2}),
    .STAGE_ROWS({16'd2, 16'd1, 16'd4, 16'd16}), .SIZES({16'd1, 16'd1, 16'd1, 16'd1}),
    .MOST_STAGES(1), .TOTAL_ROWS(32'd62), .ROW_BITS(ROW_BITS),
    .FINGERPRINT(64'hfef40e9879255e26)
  ) i_loader (
    .clk(clk), .rst_n(rst_n), .cfg_tdata(cfg_tdata), .cfg_tvalid(cfg_tvalid),
    .cfg_tready(cfg_tready), .cfg_tlast(cfg_tlast), .booting(1'b0),
    .ctx_valid(contexts_valid), .ctx_id(ctx_id), .load_error(load_error), .loading(loading),
    .in_flight(in_flight), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data)
  );

  // Contexts.
  wire [7:0] wanted;
  wire active;
  wire active_valid;
  wire image_begun;
  wire image_dropped;
  wire image_done;
  wire image_done_ctx;
  assign ctx_active = {7'd0, active};
  pl_context_control #(.CONTEXTS(CONTEXTS)) i_contexts (
    .clk(clk), .rst_n(rst_n), .ctx_select(wanted), .ctx_valid(contexts_valid),
    .ctx_active(active), .ctx_active_valid(active_valid), .begun(image_begun),
    .dropped(image_dropped), .entry_ctx(ctx_0), .done(image_done), .done_ctx(image_done_ctx),
    .in_flight(in_flight)
  );

  // Control port.
  wire image_whole;
  wire clear_pix_error;
  pl_axi_lite #(
    .LAYERS(4), .CONTEXTS(CONTEXTS), .FINGERPRINT(64'hfef40e9879255e26)
  ) i_control (
    .clk(clk), .rst_n(rst_n), .s_axil_awaddr(s_axil_awaddr), .s_axil_awvalid(s_axil_awvalid),
    .s_axil_awready(s_axil_awready), .s_axil_wdata(s_axil_wdata), .s_axil_wstrb(s_axil_wstrb),
    .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_bresp(s_axil_bresp),
    .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_araddr(s_axil_araddr),
    .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready), .s_axil_rdata(s_axil_rdata),
    .s_axil_rresp(s_axil_rresp), .s_axil_rvalid(s_axil_rvalid), .s_axil_rready(s_axil_rready),
    .ctx_select(ctx_select), .ctx_wanted(wanted), .ctx_active(active), .ctx_valid(contexts_valid),
    .ctx_id(ctx_id), .loading(loading), .load_error(load_error), .pix_error(pix_error),
    .clear_pix_error(clear_pix_error), .image_taken(image_whole), .image_dropped(image_dropped),
    .image_done(image_done)
  );

  // Images in.
  wire valid_0;
  wire [15:0] index_0;
  wire last_0;
  wire ctx_0;
  wire [15:0] data_0;
  wire ready_0;
  pl_pixel_loader #(
    .PIXELS(5), .BITS(4), .STREAM_BITS(16), .PER_BEAT(4)
  ) i_pixels (
    .clk(clk), .rst_n(rst_n), .pix_tdata(pix_tdata), .pix_tvalid(pix_tvalid),
    .pix_tready(pix_tready), .pix_tlast(pix_tlast), .pix_error(pix_error),
    .clear_pix_error(clear_pix_error), .ctx_active(active), .ctx_active_valid(active_valid), .wr_valid(valid_0), .wr_addr(index_0), .wr_last(last_0),
    .wr_ctx(ctx_0), .wr_data(data_0), .wr_ready(ready_0), .begun(image_begun),
    .whole(image_whole), .dropped(image_dropped)
  );

  // Layer 0: 5 -> 3, engine serial.
  wire full_0;
  wire full_ctx_0;
  wire sum_en_0;
  wire sum_there_0;
  wire sum_unused_0 = &{1'b0, sum_en_0, sum_there_0};
  wire bank_0;
  wire advance_0;
  wire release_0;
  wire read_0;
  wire read_bank_0;
  wire [5:0] address_0;
  wire [7:0] elements_0;
  wire valid_1;
  wire [15:0] index_1;
  wire last_1;
  wire ctx_1;
  wire [5:0] data_1;
  wire ready_1;
  pl_activation_memory #(
    .SIZE(5), .BITS(4), .LANES(4), .WORD(1), .PORTS(2)
  ) i_buffer_0 (
    .clk(clk), .rst_n(rst_n), .in_valid(valid_0), .in_addr(index_0), .in_last(last_0),
    .in_ctx(ctx_0), .in_data(data_0), .in_ready(ready_0), .out_valid(full_0),
    .out_ctx(full_ctx_0), .out_bank(bank_0), .out_advance(advance_0),
    .out_release(release_0), .read_en(read_0), .read_bank(read_bank_0),
    .read_addr(address_0), .read_data(elements_0)
  );
  pl_serial_layer #(
    .LAYER(0), .INPUTS(5), .NEURONS(3), .LANES(2), .RAIL(1), .IN_BITS(4),
    .OUT_BITS(6), .DEVICE_BITS(3), .ACC_BITS(8), .LAST(0),
    .CONTEXTS(CONTEXTS), .ROW_BITS(ROW_BITS),
    .SHARED_PROFILE(1), .UNIT(0), .MOST(8), .ENTRIES(16),
    .COUNTS(16'd8), .NEGATIVES(4),
    .DEVICES({
      24'h689ff5
    })
  ) i_layer_0 (
    .clk(clk), .rst_n(rst_n), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data),
    .in_valid(full_0), .in_ctx(full_ctx_0), .in_bank(bank_0),
    .in_advance(advance_0), .in_release(release_0), .read_en(read_0),
    .read_bank(read_bank_0), .read_addr(address_0), .read_data(elements_0),
    .sum_en(sum_en_0), .sum_there(sum_there_0), .skip(1'b0),
    .wr_ready(ready_1), .wr_valid(valid_1), .wr_last(last_1),
    .wr_index(index_1), .wr_ctx(ctx_1), .wr_data(data_1),
    .probe_valid(probe_valid[0]), .probe_index(probe_index[16*0+:16]),
    .probe_value(probe_value[32*0+:32])
  );

  // Layer 1: 3 -> 3, engine serial.
  wire full_1;
  wire full_ctx_1;
  wire sum_en_1;
  wire sum_there_1;
  wire sum_unused_1 = &{1'b0, sum_en_1, sum_there_1};
  wire bank_1;
  wire advance_1;
  wire release_1;
  wire read_1;
  wire read_bank_1;
  wire [3:0] address_1;
  wire [11:0] elements_1;
  wire valid_2;
  wire [15:0] index_2;
  wire last_2;
  wire ctx_2;
  wire [5:0] data_2;
  wire ready_2;
  pl_activation_memory #(
    .SIZE(3), .BITS(6), .LANES(1), .WORD(1), .PORTS(2)
  ) i_buffer_1 (
    .clk(clk), .rst_n(rst_n), .in_valid(valid_1), .in_addr(index_1), .in_last(last_1),
    .in_ctx(ctx_1), .in_data(data_1), .in_ready(ready_1), .out_valid(full_1),
    .out_ctx(full_ctx_1), .out_bank(bank_1), .out_advance(advance_1),
    .out_release(release_1), .read_en(read_1), .read_bank(read_bank_1),
    .read_addr(address_1), .read_data(elements_1)
  );
  pl_serial_layer #(
    .LAYER(1), .INPUTS(3), .NEURONS(3), .LANES(2), .RAIL(0), .IN_BITS(6),
    .OUT_BITS(6), .DEVICE_BITS(2), .ACC_BITS(8), .LAST(0),
    .CONTEXTS(CONTEXTS), .ROW_BITS(ROW_BITS),
    .SHARED_PROFILE(0), .UNIT(1), .MOST(3), .ENTRIES(4),
    .COUNTS({
      32'h00010003
    }),
    .IMAGE("devices_layer1.hex")
  ) i_layer_1 (
    .clk(clk), .rst_n(rst_n), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data),
    .in_valid(full_1), .in_ctx(full_ctx_1), .in_bank(bank_1),
    .in_advance(advance_1), .in_release(release_1), .read_en(read_1),
    .read_bank(read_bank_1), .read_addr(address_1), .read_data(elements_1),
    .sum_en(sum_en_1), .sum_there(sum_there_1), .skip(1'b0),
    .wr_ready(ready_2), .wr_valid(valid_2), .wr_last(last_2),
    .wr_index(index_2), .wr_ctx(ctx_2), .wr_data(data_2),
    .probe_valid(probe_valid[1]), .probe_index(probe_index[16*1+:16]),
    .probe_value(probe_value[32*1+:32])
  );

  // Layer 2: 3 -> 3, engine programmable.
  wire full_2;
  wire full_ctx_2;
  wire sum_en_2;
  wire sum_there_2;
  wire sum_unused_2 = &{1'b0, sum_en_2, sum_there_2};
  wire bank_2;
  wire advance_2;
  wire release_2;
  wire read_2;
  wire read_bank_2;
  wire [1:0] address_2;
  wire [5:0] elements_2;
  wire valid_3;
  wire [15:0] index_3;
  wire last_3;
  wire ctx_3;
  wire [5:0] data_3;
  wire ready_3;
  pl_activation_memory #(
    .SIZE(3), .BITS(6), .LANES(1), .WORD(1), .PORTS(1)
  ) i_buffer_2 (
    .clk(clk), .rst_n(rst_n), .in_valid(valid_2), .in_addr(index_2), .in_last(last_2),
    .in_ctx(ctx_2), .in_data(data_2), .in_ready(ready_2), .out_valid(full_2),
    .out_ctx(full_ctx_2), .out_bank(bank_2), .out_advance(advance_2),
    .out_release(release_2), .read_en(read_2), .read_bank(read_bank_2),
    .read_addr(address_2), .read_data(elements_2)
  );
  pl_programmable_layer #(
    .LAYER(2), .INPUTS(3), .NEURONS(3), .LANES(2), .RAIL(1), .IN_BITS(6),
    .OUT_BITS(6), .DEVICE_BITS(2), .ACC_BITS(11), .LAST(0),
    .CONTEXTS(CONTEXTS), .ROW_BITS(ROW_BITS),
    .ROW_WEIGHTS(8)
  ) i_layer_2 (
    .clk(clk), .rst_n(rst_n), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data),
    .in_valid(full_2), .in_ctx(full_ctx_2), .in_bank(bank_2),
    .in_advance(advance_2), .in_release(release_2), .read_en(read_2),
    .read_bank(read_bank_2), .read_addr(address_2), .read_data(elements_2),
    .sum_en(sum_en_2), .sum_there(sum_there_2), .skip(1'b0),
    .wr_ready(ready_3), .wr_valid(valid_3), .wr_last(last_3),
    .wr_index(index_3), .wr_ctx(ctx_3), .wr_data(data_3),
    .probe_valid(probe_valid[2]), .probe_index(probe_index[16*2+:16]),
    .probe_value(probe_value[32*2+:32])
  );

  // Layer 3: 3 -> 2, engine level.
  wire full_3;
  wire full_ctx_3;
  wire sum_en_3;
  wire sum_there_3;
  wire sum_unused_3 = &{1'b0, sum_en_3, sum_there_3};
  wire bank_3;
  wire advance_3;
  wire release_3;
  wire read_3;
  wire read_bank_3;
  wire [0:0] address_3;
  wire [11:0] elements_3;
  wire valid_4;
  wire [15:0] index_4;
  wire last_4;
  wire ctx_4;
  wire [31:0] data_4;
  wire ready_4;
  pl_activation_memory #(
    .SIZE(3), .BITS(6), .LANES(1), .WORD(2), .PORTS(1)
  ) i_buffer_3 (
    .clk(clk), .rst_n(rst_n), .in_valid(valid_3), .in_addr(index_3), .in_last(last_3),
    .in_ctx(ctx_3), .in_data(data_3), .in_ready(ready_3), .out_valid(full_3),
    .out_ctx(full_ctx_3), .out_bank(bank_3), .out_advance(advance_3),
    .out_release(release_3), .read_en(read_3), .read_bank(read_bank_3),
    .read_addr(address_3), .read_data(elements_3)
  );
  pl_level_layer #(
    .LAYER(3), .INPUTS(3), .NEURONS(2), .LANES(2), .RAIL(2), .IN_BITS(6),
    .OUT_BITS(8), .DEVICE_BITS(3), .ACC_BITS(10), .LAST(1),
    .CONTEXTS(CONTEXTS), .ROW_BITS(ROW_BITS),
    .SHARED_PROFILE(0), .UNIT(0), .LEVEL_BITS(2), .LEVELS({
      24'h00f085
    })
  ) i_layer_3 (
    .clk(clk), .rst_n(rst_n), .row_valid(row_valid), .row_layer(row_layer),
    .row_section(row_section), .row_stage(row_stage), .row_addr(row_addr), .row_data(row_data),
    .in_valid(full_3), .in_ctx(full_ctx_3), .in_bank(bank_3),
    .in_advance(advance_3), .in_release(release_3), .read_en(read_3),
    .read_bank(read_bank_3), .read_addr(address_3), .read_data(elements_3),
    .sum_en(sum_en_3), .sum_there(sum_there_3), .skip(1'b0),
    .wr_ready(ready_4), .wr_valid(valid_4), .wr_last(last_4),
    .wr_index(index_4), .wr_ctx(ctx_4), .wr_data(data_4),
    .probe_valid(probe_valid[3]), .probe_index(probe_index[16*3+:16]),
    .probe_value(probe_value[32*3+:32])
  );

  // Results out.
  pl_result_unit #(.OUTPUTS(2)) i_results (
    .clk(clk), .rst_n(rst_n), .wr_valid(valid_4), .wr_index(index_4), .wr_last(last_4),
    .wr_ctx(ctx_4), .wr_data(data_4), .wr_ready(ready_4), .row_valid(row_valid),
    .row_section(row_section), .row_ctx(row_addr[0]), .row_classes(row_data[15:0]),
    .res_tdata(res_tdata), .res_tvalid(res_tvalid), .res_tready(res_tready),
    .res_tlast(res_tlast), .done(image_done), .done_ctx(image_done_ctx)
  );
endmodule
`default_nettype wire
