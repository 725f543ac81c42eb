# Bitstream of @NAME@ with Vivado, without a project: vivado -mode batch -source build.tcl, here.
# Written by permloom @VERSION@ from Vivado's documentation: it has not been run.
file mkdir build
foreach source {
    @SOURCES@
} { read_verilog -sv $source }
read_xdc board.xdc
synth_design -top xilinx_top -part @PART@
opt_design
place_design
phys_opt_design
route_design
report_utilization -file build/utilization.txt
report_timing_summary -file build/timing.txt
write_bitstream -force build/@NAME@.bit
