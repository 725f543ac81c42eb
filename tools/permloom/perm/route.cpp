/// permloom perm route: permutations -> switch bits of a circuit.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/base/file.h"
#include "compiler/base/parallel.h"
#include "compiler/perm/draw.h"
#include "tools/permloom/perm/circuit_options.h"
#include "tools/permloom/perm/faults.h"
#include "tools/permloom/perm/permutations.h"
#include "tools/permloom/perm/shape.h"
#include "tools/permloom/perm/verbs.h"

namespace permloom::cli {
namespace {

Options options() {
    Options all(
        "perm route", "[IN] [--circuit NAME] [--format text|hex|binary] [--stuck S:I:B,...]",
        "Writes the switch bits that make a circuit realise each permutation. As text: a line "
        "each,\n"
        "a row of bits for every stage (bit i: switch i, 1 crosses) or for every selector (its\n"
        "input, bit 0 first). An output that does not matter is written as -. With --stuck the "
        "bits\n"
        "lead around faulty switches, or the message says that nothing does. --svg draws the "
        "first\n"
        "permutation's way through the circuit.",
        "echo 2 0 3 1 | permloom perm route --circuit as-waksman\n"
        "echo 5 2 7 0 3 6 1 4 | permloom perm route --circuit benes --svg benes.svg\n"
        "echo 3 - - 0 | permloom perm route --stuck 0:1:1,2:0:0\n"
        "permloom perm route perms.txt --format binary --out switches.bin");
    add_permutation_input(all);
    add_circuit_options(all);
    add_fault_options(all);
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

std::string json_line(const Circuit& circuit, int n, const SwitchBits& bits) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (int row = 0; row < bits.row_count(); ++row) {
        std::string text;
        for (int i = 0; i < bits.width(row); ++i)
            text += bits.at(row, i) ? '1' : '0';
        rows.push_back(std::move(text));
    }
    return nlohmann::ordered_json{{"circuit", circuit.name()},
                                  {"n", n},
                                  {"configuration_bits", bits.bit_count()},
                                  {"rows", std::move(rows)}}
               .dump() +
           '\n';
}

void append(const Values& values, const Circuit& circuit, int n, const SwitchBits& bits,
            std::string& text) {
    if (values.flag("json")) {
        text += json_line(circuit, n, bits);
        return;
    }
    const SwitchFormat format = switch_format_option(values);
    if (format == SwitchFormat::binary)
        append_bytes(bits, text);
    else
        append_text(bits, digits_of(format), text);
}

void draw(const Values& values, const Circuit& circuit, const PartialPermutation& source,
          const SwitchBits& bits, const std::vector<StuckSwitch>& stuck) {
    if (source.size() > MAX_DRAWN_LINES)
        throw Error("--svg", fmt::format("{} lines are too many to draw", source.size()),
                    fmt::format("up to {} lines", MAX_DRAWN_LINES), ErrorKind::usage);
    const Topology topology = circuit.topology(source.size());
    DrawingNotes notes{.name = std::string(circuit.name()), .live = {}, .stuck = {}};
    for (const int32_t input : source.values())
        notes.live.push_back(input == DONT_CARE ? 0 : 1);
    for (const auto& stage : topology.stages)
        notes.stuck.emplace_back(stage.size(), uint8_t{0});
    for (const StuckSwitch& one : stuck)
        notes.stuck[static_cast<size_t>(one.stage)][static_cast<size_t>(one.index)] = 1;
    write_file(values.text("svg"), draw_svg(topology, bits, notes));
}

/// Permutations of a stream with their switch bits.
class Router {
  public:
    Router(const Values& values, const Circuit& circuit, PermutationReader& reader)
        : values_(values),
          circuit_(circuit),
          reader_(reader),
          stuck_(stuck_option(values, circuit)),
          pool_(static_cast<int>(values.integer("threads", 0, 1024))) {}

    struct Batch {
        std::vector<PartialPermutation> sources;
        std::vector<SwitchBits> bits;
    };

    /// As many as are at hand; none at the end.
    Batch next() {
        if (!stuck_.empty()) return next_around();
        Batch batch{reader_.next_partial_batch(), {}};
        std::vector<Permutation> complete_sources;
        complete_sources.reserve(batch.sources.size());
        for (const PartialPermutation& source : batch.sources)
            complete_sources.push_back(complete(source));
        batch.bits = circuit_.route_batch(complete_sources, pool_);
        return batch;
    }

    const std::vector<StuckSwitch>& stuck() const { return stuck_; }

  private:
    Batch next_around() {
        Batch batch;
        const std::optional<PartialPermutation> source = reader_.next_partial();
        if (!source) return batch;
        batch.sources.push_back(*source);
        try {
            batch.bits.push_back(route_around_option(values_, circuit_, *source, stuck_));
        } catch (const Error& error) {
            if (error.where() != "permutation") throw;
            throw Error(reader_.place(), error.problem(), error.hint());
        }
        return batch;
    }

    const Values& values_;
    const Circuit& circuit_;
    PermutationReader& reader_;
    std::vector<StuckSwitch> stuck_;
    ThreadPool pool_;
};

}  // namespace

int perm_route_command(const Arguments& arguments) {
    const auto values = options().parse(arguments);
    if (!values) return OK;
    const Circuit& circuit = circuit_option(*values);
    const bool binary =
        !values->flag("json") && switch_format_option(*values) == SwitchFormat::binary;
    Input input(input_path(*values));
    PermutationReader reader(input, binary_permutations(*values), Shape(*values).n);
    Router router(*values, circuit, reader);
    Output output(values->text("out"), binary ? Output::Kind::binary : Output::Kind::text);
    bool drawn = !values->has("svg");
    std::string text;
    for (auto batch = router.next(); !batch.sources.empty(); batch = router.next()) {
        if (!drawn) draw(*values, circuit, batch.sources[0], batch.bits[0], router.stuck());
        drawn = true;
        for (size_t i = 0; i < batch.sources.size(); ++i) {
            text.clear();
            append(*values, circuit, batch.sources[i].size(), batch.bits[i], text);
            output.append(text);
        }
        output.flush();
    }
    if (!drawn) throw Error("--svg", "there is no permutation to draw");
    output.finish();
    return OK;
}

}  // namespace permloom::cli
