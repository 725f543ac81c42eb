// Sizes that several cells derive from the width of a layer: the AS-Waksman network and its rows.
//
// The network is laid out in place (Beauquier and Darrot, 2002; compiler/perm/as_waksman.h states
// the same geometry for the compiler). Stage d works at level l = d in the first half (d < L) and
// l = 2L-2-d after it, L = ceil(log2 lines). At level l the lines that agree modulo 2^l form one
// block; a switch joins line q with q + 2^l where bit l of q is 0. In the second half the first
// switch of every block of even size is left out, as it would always be straight.
//
// Switches of a stage are numbered by ascending low line: bit i of a row of the load stream belongs
// to switch i (compiler/program/FORMAT.md).
`default_nettype none
package pl_geometry;

  // Stages of a network: 2*ceil(log2 lines) - 1, none for one line.
  function automatic integer stages(input integer lines);
    stages = lines > 1 ? 2 * $clog2(lines) - 1 : 0;
  endfunction

  // Level of a stage: its switches join lines 2^level apart.
  function automatic integer level(input integer lines, input integer stage);
    level = stage < $clog2(lines) ? stage : 2 * $clog2(lines) - 2 - stage;
  endfunction

  // Switches of a second-half stage among the lines below 2^level: one for each block of odd size.
  function automatic integer first_group(input integer lines, input integer lvl);
    first_group = ((lines >> lvl) % 2 == 0) ? lines % (1 << lvl)
                                            : (1 << lvl) - lines % (1 << lvl);
  endfunction

  // Switches of a stage.
  function automatic integer switches(input integer lines, input integer stage);
    integer lvl, rest;
    begin
      lvl = level(lines, stage);
      rest = lines % (2 << lvl) - (1 << lvl);
      switches = ((lines >> (lvl + 1)) << lvl) + (rest > 0 ? rest : 0);
      if (stage >= $clog2(lines)) switches = switches - (1 << lvl) + first_group(lines, lvl);
    end
  endfunction

  // Number of the switch whose low line is `low`, or -1 where the network has none.
  function automatic integer switch_index(input integer lines, input integer stage,
                                          input integer low);
    integer lvl, group, residue, odd_start;
    begin
      lvl = level(lines, stage);
      group = low >> (lvl + 1);
      residue = low % (1 << lvl);
      odd_start = ((lines >> lvl) % 2 == 0) ? 0 : lines % (1 << lvl);
      if (low + (1 << lvl) >= lines) switch_index = -1;
      else if (stage < $clog2(lines)) switch_index = (group << lvl) + residue;
      else if (group > 0) switch_index = first_group(lines, lvl) + ((group - 1) << lvl) + residue;
      else if (residue >= odd_start && residue < odd_start + first_group(lines, lvl))
        switch_index = residue - odd_start;
      else switch_index = -1;
    end
  endfunction

  // First bit of a stage where the rows of all stages are laid end to end; for stage
  // stages(lines) the number of switches of the network.
  function automatic integer switch_offset(input integer lines, input integer stage);
    integer d;
    begin
      switch_offset = 0;
      for (d = 0; d < stage; d = d + 1) switch_offset = switch_offset + switches(lines, d);
    end
  endfunction

  // Width of a port that carries the switch bits of a whole network: at least one bit.
  function automatic integer network_bits(input integer lines);
    network_bits = lines > 1 ? switch_offset(lines, stages(lines)) : 1;
  endfunction

  // 32-bit words of one row of switch bits.
  function automatic integer row_words(input integer lines, input integer stage);
    row_words = (switches(lines, stage) + 31) / 32;
  endfunction

  // Bits of an index below `count`: at least one.
  function automatic integer index_bits(input integer count);
    index_bits = count > 1 ? $clog2(count) : 1;
  endfunction

  // Lines that share one simulation word: the largest power of two with lanes*width <= 64.
  function automatic integer lanes(input integer width);
    lanes = width > 64 ? 1 : 1 << ($clog2(64 / width + 1) - 1);
  endfunction

  function automatic integer min(input integer a, input integer b);
    min = a < b ? a : b;
  endfunction

  function automatic integer max(input integer a, input integer b);
    max = a > b ? a : b;
  endfunction

endpackage
`default_nettype wire
