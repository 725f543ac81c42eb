// Sizes that several cells derive from a number of lines: the exchange networks (AS-Waksman, Benes,
// bitonic), the rows of a layer, index widths.
//
// An exchange network is laid out in place: stage d joins pairs of lines q < q' with q' = q XOR
// mask(d), so a switch never moves a line further than to its partner. With L = ceil(log2 lines):
//
//   AS-Waksman  2L-1 stages, mask 2^l at level l = d for d < L and 2L-2-d after it (Beauquier and
//               Darrot, 2002; compiler/perm/as_waksman.h states the same geometry for the compiler).
//               At level l the lines that agree modulo 2^l form one block; in the second half the
//               first switch of every block of even size is left out: it would be straight.
//   Benes       the same stages with every switch in both halves.
//   bitonic     L(L+1)/2 stages. Phase k = 1..L begins with mask 2^k - 1, which joins a line with
//               its mirror image in the group of 2^k lines, and goes on with 2^(k-2), ..., 2, 1.
//
// A pair whose partner is no line of the network has no switch. Switches of a stage are numbered by
// ascending low line: bit i of a row of the load stream belongs to switch i
// (compiler/program/FORMAT.md).
`default_nettype none
package pl_geometry;

  // The exchange networks.
  localparam integer AS_WAKSMAN = 0;
  localparam integer BENES = 1;
  localparam integer BITONIC = 2;

  // 1 where `circuit` is one of them, else 0.
  function automatic integer is_circuit(input integer circuit);
    is_circuit = circuit == AS_WAKSMAN || circuit == BENES || circuit == BITONIC ? 1 : 0;
  endfunction

  // Stages of a network; none for one line.
  function automatic integer circuit_stages(input integer circuit, input integer lines);
    integer levels;
    begin
      levels = lines > 1 ? $clog2(lines) : 0;
      if (levels == 0) circuit_stages = 0;
      else if (circuit == BITONIC) circuit_stages = levels * (levels + 1) / 2;
      else circuit_stages = 2 * levels - 1;
    end
  endfunction

  // A stage joins line q with line q XOR this.
  function automatic integer partner_mask(input integer circuit, input integer lines,
                                          input integer stage);
    integer phase, step;
    begin
      if (circuit == BITONIC) begin
        phase = 1;
        step = stage;
        while (step >= phase) begin
          step = step - phase;
          phase = phase + 1;
        end
        partner_mask = step == 0 ? (1 << phase) - 1 : 1 << (phase - 1 - step);
      end else begin
        partner_mask = 1 << (stage < $clog2(lines) ? stage : 2 * $clog2(lines) - 2 - stage);
      end
    end
  endfunction

  // Switches of a stage with this mask. Its lines fall into groups of twice `half`, the highest bit
  // of the mask; the low lines of the switches are in the first half of their group.
  // `second_half`: of an AS-Waksman network, where at this level one switch of every block of even
  // size is left out.
  function automatic integer mask_switches(input integer lines, input integer mask,
                                           input integer second_half);
    integer half, rest;
    begin
      half = 1 << ($clog2(mask + 1) - 1);
      rest = lines % (2 * half) - half;
      mask_switches = (lines / (2 * half)) * half + (rest > 0 ? rest : 0);
      if (second_half != 0)
        mask_switches =
            mask_switches - ((lines / half) % 2 == 0 ? half - lines % half : lines % half);
    end
  endfunction

  // Switches of a stage.
  function automatic integer circuit_switches(input integer circuit, input integer lines,
                                              input integer stage);
    circuit_switches = mask_switches(lines, partner_mask(circuit, lines, stage),
                                     circuit == AS_WAKSMAN && stage >= $clog2(lines) ? 1 : 0);
  endfunction

  // First bit of a stage where the bits of all stages are laid end to end; behind the last stage the
  // number of switches of the network.
  function automatic integer circuit_offset(input integer circuit, input integer lines,
                                            input integer stage);
    integer d;
    begin
      circuit_offset = 0;
      for (d = 0; d < stage; d = d + 1)
        circuit_offset = circuit_offset + circuit_switches(circuit, lines, d);
    end
  endfunction

  // Width of a port that carries the switch bits of a whole network: at least one bit.
  function automatic integer circuit_bits(input integer circuit, input integer lines);
    circuit_bits = lines > 1 ? circuit_offset(circuit, lines, circuit_stages(circuit, lines)) : 1;
  endfunction

  // Cycles through a network with a register after every `every` stages and after the last; 0: none.
  function automatic integer circuit_latency(input integer circuit, input integer lines,
                                             input integer every);
    circuit_latency = every > 0 ? (circuit_stages(circuit, lines) + every - 1) / every : 0;
  endfunction

  // The network of a layer, AS-Waksman: stages, switches of a stage, first bit of a stage, bits.
  function automatic integer stages(input integer lines);
    stages = circuit_stages(AS_WAKSMAN, lines);
  endfunction

  function automatic integer switches(input integer lines, input integer stage);
    switches = circuit_switches(AS_WAKSMAN, lines, stage);
  endfunction

  function automatic integer switch_offset(input integer lines, input integer stage);
    switch_offset = circuit_offset(AS_WAKSMAN, lines, stage);
  endfunction

  function automatic integer network_bits(input integer lines);
    network_bits = circuit_bits(AS_WAKSMAN, lines);
  endfunction

  // 32-bit words of one row of switch bits.
  function automatic integer row_words(input integer lines, input integer stage);
    row_words = (switches(lines, stage) + 31) / 32;
  endfunction

  // Bits of an index below `count`: at least one.
  function automatic integer index_bits(input integer count);
    index_bits = count > 1 ? $clog2(count) : 1;
  endfunction

  // Bits of the digits 0..count-1 of the code factorial-stream: digit i, at most i, takes as many
  // bits as the number i.
  function automatic integer factorial_bits(input integer count);
    integer width;
    begin
      factorial_bits = 0;
      for (width = 1; (1 << (width - 1)) < count; width = width + 1)
        factorial_bits = factorial_bits + width * (min(1 << width, count) - (1 << (width - 1)));
    end
  endfunction

  // Lines that share one simulation word: the largest power of two with lanes*width <= 64.
  function automatic integer lanes(input integer width);
    lanes = width > 64 ? 1 : 1 << ($clog2(64 / width + 1) - 1);
  endfunction

  // "wiring_LLL_SSS.hex", the image of the wiring memory of a layer's stage (lane, neuron). Icarus
  // needs a localparam between this function and a parameter.
  function automatic [143:0] wiring_image(input integer layer, input integer stage);
    integer l, s;
    begin
      l = (layer / 100 % 10 << 16) + (layer / 10 % 10 << 8) + layer % 10;
      s = (stage / 100 % 10 << 16) + (stage / 10 % 10 << 8) + stage % 10;
      wiring_image = "wiring_000_000.hex" + ({112'd0, l} << 64) + ({112'd0, s} << 32);
    end
  endfunction

  function automatic integer min(input integer a, input integer b);
    min = a < b ? a : b;
  endfunction

  function automatic integer max(input integer a, input integer b);
    max = a > b ? a : b;
  endfunction

endpackage
`default_nettype wire
