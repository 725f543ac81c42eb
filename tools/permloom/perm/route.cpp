/// permloom perm route: permutations -> switch bits of a circuit.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/base/file.h"
#include "compiler/base/parallel.h"
#include "compiler/perm/draw.h"
#include "tools/permloom/perm/circuit_options.h"
#include "tools/permloom/perm/permutations.h"
#include "tools/permloom/perm/shape.h"
#include "tools/permloom/perm/verbs.h"

namespace permloom::cli {
namespace {

Options options() {
    Options all(
        "perm route", "[IN] [--circuit NAME] [--format text|hex|binary] [--svg FILE.svg]",
        "Writes the switch bits that make a circuit realise each permutation. As text: a line "
        "each,\n"
        "a row of bits for every stage (bit i: switch i, 1 crosses) or for every selector (its\n"
        "input, bit 0 first). --svg draws the first permutation's way through the circuit.",
        "echo 2 0 3 1 | permloom perm route --circuit as-waksman\n"
        "echo 5 2 7 0 3 6 1 4 | permloom perm route --circuit benes --svg benes.svg\n"
        "permloom perm route perms.txt --format binary --out switches.bin");
    add_permutation_input(all);
    add_circuit_options(all);
    all.value("n", "N", "size of each permutation; needed for binary ones");
    add_permutations_option(all);
    all.value("out", "FILE", "where the switch bits go; - is standard output", "-")
        .value("svg", "FILE.svg",
               fmt::format("drawing of the first permutation, n <= {}", MAX_DRAWN_LINES))
        .value("threads", "T", "threads; 0: one a core. Results do not depend on it", "0")
        .flag("json", "one JSON object a line instead of --format")
        .exclusive("json", "format");
    return all;
}

std::string json_line(const Circuit& circuit, const Permutation& source, const SwitchBits& bits) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (int row = 0; row < bits.row_count(); ++row) {
        std::string text;
        for (int i = 0; i < bits.width(row); ++i)
            text += bits.at(row, i) ? '1' : '0';
        rows.push_back(std::move(text));
    }
    return nlohmann::ordered_json{{"circuit", circuit.name()},
                                  {"n", source.size()},
                                  {"configuration_bits", bits.bit_count()},
                                  {"rows", std::move(rows)}}
               .dump() +
           '\n';
}

void append(const Values& values, const Circuit& circuit, const Permutation& source,
            const SwitchBits& bits, std::string& text) {
    if (values.flag("json")) {
        text += json_line(circuit, source, bits);
        return;
    }
    const SwitchFormat format = switch_format_option(values);
    if (format == SwitchFormat::binary)
        append_bytes(bits, text);
    else
        append_text(bits, digits_of(format), text);
}

void draw(const Values& values, const Circuit& circuit, const Permutation& source,
          const SwitchBits& bits) {
    if (source.size() > MAX_DRAWN_LINES)
        throw Error("--svg", fmt::format("{} lines are too many to draw", source.size()),
                    fmt::format("up to {} lines", MAX_DRAWN_LINES), ErrorKind::usage);
    write_file(values.text("svg"),
               draw_svg(circuit.topology(source.size()), bits, std::string(circuit.name())));
}

}  // namespace

int perm_route_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const Circuit& circuit = circuit_option(*values);
    const bool binary =
        !values->flag("json") && switch_format_option(*values) == SwitchFormat::binary;
    ThreadPool pool(static_cast<int>(values->integer("threads", 0, 1024)));
    Input input(input_path(*values));
    PermutationReader reader(input, binary_permutations(*values), Shape(*values).n);
    Output output(values->text("out"), binary ? Output::Kind::binary : Output::Kind::text);
    bool drawn = !values->has("svg");
    std::string text;
    for (auto batch = reader.next_batch(); !batch.empty(); batch = reader.next_batch()) {
        const std::vector<SwitchBits> routed = circuit.route_batch(batch, pool);
        if (!drawn) draw(*values, circuit, batch.front(), routed.front());
        drawn = true;
        for (size_t i = 0; i < batch.size(); ++i) {
            text.clear();
            append(*values, circuit, batch[i], routed[i], text);
            output.append(text);
        }
        output.flush();
    }
    if (!drawn) throw Error("--svg", "there is no permutation to draw");
    output.finish();
    return OK;
}

}  // namespace permloom::cli
