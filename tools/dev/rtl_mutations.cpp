#include "tools/dev/rtl_mutations.h"

#include <algorithm>

#include "compiler/base/error.h"

namespace permloom {

std::vector<RtlMutation> folded_rtl_mutations() {
    // Layers of the test chip: 0 single rail, shared bank; 1 split rails, device ROM; 2 dual rails,
    // shared bank, logits. The first difference of a change in all layers is in layer 0.
    return {
        {"complement of split rails on the wrong pass", "pl_line_register.sv",
         "second_pass ? ~in_data : in_data", "second_pass ? in_data : ~in_data", 1},
        {"no complement on dual rails", "pl_line_register.sv", "{~in_data, in_data}",
         "{in_data, in_data}", 2},
        {"switches the other way round", "pl_exchange_network.sv",
         "(straight & ~select) | (crossed & select)", "(straight & select) | (crossed & ~select)",
         0},
        {"register of the network dropped", "pl_exchange_network.sv",
         "always_ff @(posedge clk) if (en) value_q <= moved", "always_comb value_q = moved", 0},
        {"memory read goes on while the layer stands still", "pl_stage_memory.sv", "if (read_en) ",
         ""},
        {"bits of stage d read with the address of the issue", "pl_folded_layer.sv",
         ".read_addr(tag[TAG_BITS*d+:ADDR_BITS])", ".read_addr(tag[0+:ADDR_BITS])", 0},
        {"device ROM read one cycle late", "pl_folded_layer.sv",
         ".neuron(tag[TAG_BITS*STAGES+NEURON_AT", ".neuron(tag[TAG_BITS*(STAGES+1)+NEURON_AT", 1},
        {"registers of a neuron read one cycle late", "pl_folded_layer.sv",
         ".read_addr(tag[TAG_BITS*(DEPTH-1)+:ADDR_BITS])",
         ".read_addr(tag[TAG_BITS*DEPTH+:ADDR_BITS])", 0},
        {"layer does not wait for the block behind", "pl_folded_layer.sv",
         "!(wr_valid && !wr_ready)", "1'b1"},
        {"product turned into a sum", "pl_device_bank.sv", "slot * (SPLIT", "slot + (SPLIT", 0},
        {"negative devices keep their sign on the complement rail", "pl_multiplier_bank.sv",
         "negative ? -product : product", "product", 1},
        {"sign of a ROM device lost", "pl_multiplier_bank.sv", "{WIDTH{negative}}", "{WIDTH{1'b0}}",
         1},
        {"adder turned into a subtractor", "pl_adder_tree.sv", "left_wide + right_wide",
         "left_wide - right_wide", 0},
        {"register of the adder tree dropped", "pl_adder_tree.sv",
         "always_ff @(posedge clk) if (en) value <= left_wide + right_wide",
         "always_comb value = left_wide + right_wide", 0},
        {"second pass forgets the first", "pl_accumulator.sv",
         "(in_first ? {WIDTH{1'b0}} : so_far) + sum", "sum", 1},
        {"first pass counts as a neuron", "pl_accumulator.sv", "in_valid && in_last", "in_valid",
         1},
        {"relu keeps the negative half", "pl_post_op.sv", "relu && biased[T_BITS-1]",
         "relu && !biased[T_BITS-1]", 0},
        {"multiplier turned into an adder", "pl_post_op.sv", "t_wide * m_wide", "t_wide + m_wide",
         0},
        {"rounding constant twice as large", "pl_post_op.sv", "<< registers_3[5:0]) >> 1",
         "<< registers_3[5:0])", 0},
        {"zero point subtracted", "pl_post_op.sv", "nearest} + zero", "nearest} - zero", 0},
        {"upper clamp dropped", "pl_post_op.sv", "moved > high ? high : moved", "moved"},
        {"lower clamp dropped", "pl_post_op.sv", "moved < low ? low : ", "", 1},
        {"register of c dropped", "pl_post_op.sv", "c_2 <= c_1;", "c_2 <= c;", 0},
        {"register of a tag dropped", "pl_post_op.sv", "tag_4 <= tag_3;", "tag_4 <= tag_2;", 0},
        {"contexts share their rows", "pl_sequencer.sv", "in_ctx ? wide + STRIDE : wide",
         "in_ctx ? wide : wide"},
        {"input released a neuron early", "pl_sequencer.sv",
         "last_cycle && neuron_q == LAST_NEURON;", "last_cycle && neuron_q == LAST_NEURON - 1'b1;"},
        {"the other bank of the buffer is read", "pl_activation_buffer.sv",
         "rd_bank_q ? high_q : low_q", "rd_bank_q ? low_q : high_q", 0},
        {"ready looks at the bank that is read", "pl_activation_buffer.sv",
         "in_ready = !full_q[wr_bank_q]", "in_ready = !full_q[rd_bank_q]"},
        {"context of a bank lost", "pl_activation_buffer.sv", "ctx_q[wr_bank_q] <= in_ctx",
         "ctx_q[wr_bank_q] <= 1'b0"},
        {"torn image not noticed", "pl_pixel_loader.sv", "taken && last != pix_tlast", "1'b0"},
        {"smallest logit wins", "pl_result_unit.sv", "high_1 > best_high_q",
         "high_1 < best_high_q"},
        {"lower half of a logit ignored", "pl_result_unit.sv", "low_2 > best_low_q", "1'b0"},
        {"logits behind the classes compete", "pl_result_unit.sv",
         " && wr_index < classes_q[wr_ctx]", ""},
        {"checksum polynomial changed by a bit", "pl_crc32.sv", "32'hedb88320", "32'hedb88321"},
        {"checksum not compared", "pl_config_loader.sv", "cfg_tdata != ~crc_q", "1'b0"},
        {"fingerprint half compared", "pl_config_loader.sv", "cfg_tdata != FINGERPRINT_HIGH",
         "1'b0"},
        {"context stays valid during a load", "pl_config_loader.sv", "valid_q[target_q] <= 1'b0",
         "valid_q[target_q] <= valid_q[target_q]"},
        {"load does not wait for images inside", "pl_config_loader.sv",
         "if (!in_flight[target_q]) state_q", "state_q"},
        {"missing rows accepted", "pl_config_loader.sv", "rows_q != TOTAL_ROWS", "1'b0"},
        {"invalid context can be selected", "pl_context_control.sv", " && ctx_valid[ctx_select[0]]",
         ""},
        {"images never leave", "pl_context_control.sv", "leaves = done && ", "leaves = 1'b0 && "},
    };
}

std::vector<RtlMutation> all_rtl_mutations() {
    std::vector<RtlMutation> all;
    const auto add = [&](SceneName scene, std::vector<RtlMutation> some) {
        for (RtlMutation& one : some) {
            one.scene = scene;
            all.push_back(std::move(one));
        }
    };
    add(SceneName::folded, folded_rtl_mutations());
    add(SceneName::engines, engine_rtl_mutations());
    add(SceneName::spatial, spatial_rtl_mutations());
    add(SceneName::walks, walk_rtl_mutations());
    add(SceneName::control, control_rtl_mutations());
    return all;
}

void apply(const RtlMutation& mutation, RtlDesign& design) {
    const auto file =
        std::find_if(design.sources.begin(), design.sources.end(),
                     [&](const RtlDesign::File& f) { return f.name == mutation.file; });
    const size_t at =
        file == design.sources.end() ? std::string::npos : file->text.find(mutation.find);
    if (at == std::string::npos || file->text.find(mutation.find, at + 1) != std::string::npos)
        throw InvariantError("mutation '" + mutation.name + "': '" + mutation.find +
                             "' does not stand exactly once in " + mutation.file +
                             "; adapt tools/dev/rtl_mutations.cpp");
    file->text.replace(at, mutation.find.size(), mutation.replace);
}

}  // namespace permloom
