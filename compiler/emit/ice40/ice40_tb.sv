// Self-checking testbench of @NAME@ at the pins of the board, for the sources and for the netlist
// behind synthesis; written by permloom @VERSION@, chip @FINGERPRINT@.
//
// Waits for the chip to configure itself, or loads it, asks for its status, sends stored images over the
// serial line, compares every word of every answer, and asks again.
`timescale 1ns / 1ps
`default_nettype none
module ice40_tb;
  localparam integer IMAGES = `ifdef IMAGES `IMAGES `else @IMAGES@ `endif;
  localparam integer BEATS = @BEATS@;                // of an image
  localparam integer BEAT_BYTES = @BEAT_BYTES@;
  localparam integer RESULT_WORDS = @RESULT_WORDS@;  // of an image
  localparam integer DIVISOR = @DIVISOR@;
  localparam integer BOOTS = @BOOTS@;  // the configuration is in the memories
  localparam integer LOADS = BOOTS == 0;
  localparam integer BOOT_CYCLES = @BOOT_CYCLES@;
  localparam integer LOAD_WORDS = @LOAD_WORDS@;
  localparam LIT = 1'b@LIT@;  // what a pin of a light is while it is lit

  reg clk = 1'b0;
  always #5 clk = !clk;
  reg locked = 1'b0;
  // The PLL is analogue: its outputs are driven from here.
  initial force dut.clk = clk;
  always @(clk) force dut.clk = clk;
  always @(locked) force dut.locked = locked;
  initial force dut.locked = 1'b0;

  reg rx = 1'b1;
  wire tx, led_ready, led_error;
  ice40_top dut (
    .clock_12mhz(clk), .uart_rx(rx), .uart_tx(tx), .led_ready(led_ready), .led_error(led_error)
  );

  reg [@PIXEL_MSB@:0] beats [0:@STORED_BEATS@-1];
  reg [31:0] load_words [0:LOAD_WORDS-1];
  reg [31:0] expected [0:@STORED_WORDS@-1];
  integer errors = 0;

  task send(input [7:0] value);
    integer i;
    reg [9:0] frame;
    begin
      frame = {1'b1, value, 1'b0};
      for (i = 0; i < 10; i = i + 1) begin
        rx <= frame[i];
        repeat (DIVISOR) @(posedge clk);
      end
    end
  endtask

  // Bytes that the chip has sent and nobody has taken yet.
  reg [7:0] inbox [0:255];
  integer written = 0;
  integer taken = 0;
  always begin : receive
    integer i;
    reg [7:0] value;
    @(negedge tx);
    repeat (DIVISOR / 2) @(posedge clk);
    for (i = 0; i < 8; i = i + 1) begin
      repeat (DIVISOR) @(posedge clk);
      value[i] = tx;
    end
    repeat (DIVISOR) @(posedge clk);
    if (tx !== 1'b1) begin
      errors = errors + 1;
      $display("the line has no stop bit");
    end
    inbox[written % 256] = value;
    written = written + 1;
  end

  task expect_byte(input [7:0] wanted, input integer image, input integer place);
    begin
      while (taken == written) @(posedge clk);
      if (inbox[taken % 256] !== wanted) begin
        errors = errors + 1;
        $display("image %0d, byte %0d: %h, expected %h", image, place, inbox[taken % 256], wanted);
      end
      taken = taken + 1;
    end
  endtask

  // Context 0 runs and is the one loaded, no load was refused, and these flags.
  task ask_status(input [7:0] flags);
    begin
      send(8'h51);
      expect_byte(8'h53, -1, 0);
      expect_byte(8'd0, -1, 1);
      expect_byte(8'd1, -1, 2);
      expect_byte(8'd0, -1, 3);
      expect_byte(flags, -1, 4);
    end
  endtask

  integer image, beat, part, word;
  initial begin
    $readmemh("pixels.hex", beats);
    $readmemh("expected.hex", expected);
    $readmemh("load.hex", load_words);
    repeat (10) @(posedge clk);
    locked <= 1'b1;
    repeat (BOOT_CYCLES) @(posedge clk);
    if (BOOTS == 0) begin
      // An image that comes too early is swallowed, and told below.
      send(8'h50);
      for (part = 0; part < BEATS * BEAT_BYTES; part = part + 1) send(8'hff);
    end
    if (LOADS == 1) begin
      send(8'h4c);
      for (part = 0; part < 4; part = part + 1) send(LOAD_WORDS[8*part+:8]);
      for (word = 0; word < LOAD_WORDS; word = word + 1)
        for (part = 0; part < 4; part = part + 1) send(load_words[word][8*part+:8]);
      repeat (10) @(posedge clk);
    end
    if (led_ready !== LIT || led_error !== !LIT) begin
      errors = errors + 1;
      $display("after %0d cycles ready is %b, error %b", BOOT_CYCLES, led_ready, led_error);
    end
    ask_status(BOOTS == 0 ? 8'd2 : 8'd0);
    // The context that runs already.
    send(8'h53);
    send(8'd0);
    for (image = 0; image < IMAGES; image = image + 1) begin
      send(8'h50);
      for (beat = 0; beat < BEATS; beat = beat + 1)
        for (part = 0; part < BEAT_BYTES; part = part + 1)
          send(beats[image*BEATS+beat][8*part+:8]);
      expect_byte(8'h52, image, 0);
      for (word = 0; word < RESULT_WORDS; word = word + 1)
        for (part = 0; part < 4; part = part + 1)
          expect_byte(expected[image*RESULT_WORDS+word][8*part+:8], image, 1 + 4 * word + part);
    end
    // A byte that is no command is told, and changes nothing else.
    send(8'h00);
    ask_status(8'd2);
    ask_status(8'd0);
    if (errors == 0) $display("PASS: %0d images, mismatches: 0", IMAGES);
    else $display("FAIL: %0d mismatches in %0d images", errors, IMAGES);
    $finish;
  end

  initial begin
    repeat (@CYCLE_LIMIT@) @(posedge clk);
    $display("FAIL: no answer");
    $finish;
  end
endmodule
`default_nettype wire
