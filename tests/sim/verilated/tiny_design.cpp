#include "tests/sim/verilated/tiny_design.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <utility>

#include "compiler/base/error.h"

namespace permloom::test {
namespace fs = std::filesystem;
namespace {

std::string top_text(int layers, int offset, int pixel_bits) {
    const auto range = [](int bits) { return fmt::format("[{}:0] ", bits - 1); };
    std::string text = R"(`default_nettype none
module permloom_top (
    input  wire        clk, rst_n,
    input  wire [31:0] cfg_tdata,
    input  wire        cfg_tvalid, cfg_tlast,
    output reg         cfg_tready,
    input  wire @PIX   pix_tdata,
    input  wire        pix_tvalid, pix_tlast,
    output reg         pix_tready,
    output reg  [31:0] res_tdata,
    output reg         res_tvalid, res_tlast,
    input  wire        res_tready,
    input  wire [7:0]  ctx_select,
    output reg  [7:0]  ctx_active, ctx_valid, load_error,
    output reg         pix_error,
    input  wire [11:0] s_axil_awaddr, s_axil_araddr,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    input  wire        s_axil_awvalid, s_axil_wvalid, s_axil_bready, s_axil_arvalid, s_axil_rready,
    output reg  [31:0] s_axil_rdata,
    output reg  [1:0]  s_axil_bresp, s_axil_rresp,
    output reg         s_axil_awready, s_axil_wready, s_axil_bvalid, s_axil_arready, s_axil_rvalid,
    output reg  @VALID probe_valid,
    output reg  @INDEX probe_index,
    output reg  @VALUE probe_value
);
    reg [31:0] rom [0:3];
    initial $readmemh("devices_layer0.hex", rom);
    integer i;
    always @(posedge clk) begin
        cfg_tready <= cfg_tvalid;
        pix_tready <= pix_tvalid;
        res_tvalid <= res_tready;
        res_tlast  <= pix_tlast;
        res_tdata  <= rom[ctx_select[1:0]] + @OFFSET;
        ctx_active <= ctx_select;
        ctx_valid  <= pix_tdata[7:0];
        load_error <= rst_n ? load_error + 8'd1 : 8'd0;
        pix_error  <= cfg_tlast;
        s_axil_awready <= s_axil_awvalid;
        s_axil_wready  <= s_axil_wvalid;
        s_axil_bvalid  <= s_axil_bready;
        s_axil_bresp   <= s_axil_wstrb[1:0];
        s_axil_arready <= s_axil_arvalid;
        s_axil_rvalid  <= s_axil_rready;
        s_axil_rresp   <= s_axil_wstrb[3:2];
        s_axil_rdata   <= s_axil_wdata + {8'd0, s_axil_awaddr, s_axil_araddr};
        for (i = 0; i < @LAYERS; i = i + 1) begin
            probe_valid[i] <= cfg_tdata[i];
            probe_index[16*i +: 16] <= cfg_tdata[15:0] + i[15:0];
            probe_value[32*i +: 32] <= cfg_tdata ^ i;
        end
    end
endmodule
)";
    for (const auto& [key, value] :
         std::vector<std::pair<std::string, std::string>>{{"@PIX", range(pixel_bits)},
                                                          {"@VALID", range(layers)},
                                                          {"@INDEX", range(16 * layers)},
                                                          {"@VALUE", range(32 * layers)},
                                                          {"@OFFSET", std::to_string(offset)},
                                                          {"@LAYERS", std::to_string(layers)}})
        for (size_t at; (at = text.find(key)) != std::string::npos;)
            text.replace(at, key.size(), value);
    return text;
}

}  // namespace

Scratch::Scratch() {
    std::string name = (fs::temp_directory_path() / "permloom-verilated-XXXXXX").string();
    PERMLOOM_ASSERT(::mkdtemp(name.data()));
    path = name;
}

Scratch::~Scratch() {
    fs::remove_all(path);
}

const fs::path& shared_cache() {
    static const Scratch scratch;
    return scratch.path;
}

RtlDesign tiny_design(int layers, int offset, int pixel_bits) {
    return {{{"rtl/permloom_top.sv", top_text(layers, offset, pixel_bits)}},
            {{"devices_layer0.hex", "11 22 33 80000000\n"}},
            layers};
}

VerilatedOptions Reports::options(const fs::path& cache) {
    VerilatedOptions options;
    options.cache_directory = cache;
    options.report = [this](const std::string& line) { lines.push_back(line); };
    return options;
}

bool Reports::built() const {
    return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
        return line.find("built in") != std::string::npos;
    });
}

}  // namespace permloom::test
