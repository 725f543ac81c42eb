# @NAME@ on @BOARD@: clock and pins. Another board: its clock period, here and in DIVISOR of
# rtl/xilinx_top.sv, and its pins.
create_clock -name clk -period @PERIOD_NS@ [get_ports clk]
set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports clk]
set_property -dict {PACKAGE_PIN A9 IOSTANDARD LVCMOS33} [get_ports uart_rx]
set_property -dict {PACKAGE_PIN D10 IOSTANDARD LVCMOS33} [get_ports uart_tx]
set_property -dict {PACKAGE_PIN H5 IOSTANDARD LVCMOS33} [get_ports led_ready]
set_property -dict {PACKAGE_PIN J5 IOSTANDARD LVCMOS33} [get_ports led_error]
# The line is not synchronous to anything; the lights are looked at.
set_false_path -from [get_ports uart_rx]
set_false_path -to [get_ports {uart_tx led_ready led_error}]
set_property CFGBVS VCCO [current_design]
set_property CONFIG_VOLTAGE 3.3 [current_design]
