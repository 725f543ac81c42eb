// CRC-32 (IEEE 802.3, reflected, as zlib) over one more 32-bit word, its low byte first.
//
// Combinational. `crc` starts at 0xffffffff; the checksum is the complement of the last `next`.
`default_nettype none
module pl_crc32 (
  input  wire [31:0] crc,
  input  wire [31:0] word,
  output wire [31:0] next
);
  localparam [31:0] POLYNOMIAL = 32'hedb88320;

  function automatic [31:0] step32(input [31:0] start);
    integer i;
    begin
      step32 = start;
      for (i = 0; i < 32; i = i + 1)
        step32 = step32[0] ? (step32 >> 1) ^ POLYNOMIAL : step32 >> 1;
    end
  endfunction

  assign next = step32(crc ^ word);
endmodule
`default_nettype wire
